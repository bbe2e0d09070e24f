"""What is said of a server's build: which update it is, how old, whether it is supported, and what is announced."""

from datetime import date

import pytest

from exconn.exchange.cmdlets.scope import ON_PREMISES
from exconn.exchange.support import life_of
from exconn.simulator.shapes.server import VERSIONS

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("shown", "said", "supported"),
    [
        ("Version 14.3 (Build 123.4)", "Exchange 2010 SP3 (build 14.3.123.4, of 2013-02-12, 13 years old)", False),
        ("Version 15.0 (Build 1497.2)", "out of support since 2023-04-11", False),
        ("Version 15.1 (Build 2507.6)", "There have been no updates since October 2026.", False),
        (
            "Version 15.2 (Build 1748.10)",
            "Exchange 2019 CU15 (build 15.2.1748.10, of 2025-02-10, 21 months old)",
            False,
        ),
        ("Version 15.2 (Build 2562.17)", "supported until 2035-12-31. Microsoft has announced that remote", True),
        ("Version 15.2 (Build 2999.1)", "Exchange SE (build 15.2.2999.1, an update not known here)", True),
        (
            "Version 16.0 (Build 1.1)",
            "shows Version 16.0 (Build 1.1) as its build, which this version",
            True,
        ),
        ("", "shows nothing as its build", True),
    ],
)
def test_a_build_is_named_with_age_and_support(shown: str, said: str, supported: bool) -> None:
    life = life_of(shown, TODAY)

    assert said in str(life)
    assert life.supported is supported


def test_support_ends_after_the_day_that_was_announced() -> None:
    assert life_of(VERSIONS["2019"], date(2025, 10, 14)).supported
    assert not life_of(VERSIONS["2019"], date(2025, 10, 15)).supported


def test_every_version_that_can_be_met_is_known() -> None:
    for version in ON_PREMISES:
        life = life_of(VERSIONS[version], TODAY)
        assert life.version == version
        assert life.update is not None
