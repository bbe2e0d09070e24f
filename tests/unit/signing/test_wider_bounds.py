"""Which bounds let more through than the factory's."""

import pytest

from exconn.signing import new_signing_key, parse_registry
from exconn.signing.registry_text import WIDE_OPEN
from exconn.signing.wider_bounds import wider_than_factory
from tests.support.requests.signed import registry_text

KEY = new_signing_key()


def of(bounds: str) -> tuple[str, ...]:
    return wider_than_factory(parse_registry(registry_text({"anna": KEY}, bounds=bounds)).bounds)


@pytest.mark.parametrize(
    "bounds",
    [
        "",
        '[bounds.erase]\nshort = { count = 1, within = "20m" }\n',
        # The same rate, and never more than the factory's in its own time.
        '[bounds.erase]\nshort = { count = 5, within = "10m" }\n',
        '[bounds.erase]\nshort = { count = 10, within = "2h" }\nlong = { count = 50, within = "7d" }\n',
        # The long window alone holds as the factory's short one would.
        '[bounds.erase]\nshort = { count = 100, within = "1m" }\nlong = { count = 10, within = "1d" }\n',
        "[bounds.quota]\nper_hour = 1\n",
    ],
)
def test_bounds_that_let_no_more_through_are_not_wider(bounds: str) -> None:
    assert of(bounds) == ()


@pytest.mark.parametrize(
    ("bounds", "wider"),
    [
        ('[bounds.erase]\nshort = { count = 11, within = "20m" }\n', ("bounds.erase.short",)),
        # As many, but in less time.
        ('[bounds.erase]\nshort = { count = 10, within = "19m" }\n', ("bounds.erase.short",)),
        ('[bounds.disconnect]\nlong = { count = 51, within = "1d" }\n', ("bounds.disconnect.long",)),
        (
            "[bounds.erase]\nfleet_percent = 1.5\nfleet_floor = 4\n",
            ("bounds.erase.fleet_percent", "bounds.erase.fleet_floor"),
        ),
        ("[bounds.quota]\nper_day = 21\n", ("bounds.quota.per_day",)),
    ],
)
def test_bounds_that_let_more_through_are_named(bounds: str, wider: tuple[str, ...]) -> None:
    assert of(bounds) == wider


def test_bounds_that_are_wide_open_are_wider_in_every_field() -> None:
    assert len(of(WIDE_OPEN)) == 10
