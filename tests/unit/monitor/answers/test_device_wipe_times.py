"""Two sources know of a device's wipes; what is shown belongs to one wipe, the newest."""

from datetime import UTC, datetime

import pytest

from exconn.monitor.answers.device_wipe_times import wipe_times
from exconn.monitor.answers.models import WipeTimesView


def at(minute: int | None) -> datetime | None:
    return None if minute is None else datetime(2026, 11, 20, 8, minute, tzinfo=UTC)


def times(*minutes: int | None) -> WipeTimesView:
    requested, sent, acknowledged = (at(minute) for minute in minutes)
    return WipeTimesView(requested=requested, sent=sent, acknowledged=acknowledged)


@pytest.mark.parametrize(
    ("shown", "phases", "expected"),
    [
        ((None, None, None), (None, None, None), (None, None, None)),
        ((1, 2, 3), (None, None, None), (1, 2, 3)),
        ((None, None, None), (5, 6, None), (5, 6, None)),
        ((1, 2, 3), (5, None, None), (5, None, None)),
        ((9, None, None), (5, 6, 7), (9, None, None)),
        ((5, None, None), (6, 7, 8), (6, 7, 8)),
        ((5, 7, 8), (6, None, None), (6, 7, 8)),
        ((6, None, None), (5, 7, 8), (6, 7, 8)),
    ],
    ids=[
        "never",
        "only Exchange knows",
        "since the last sweep",
        "an old wipe, then one from here",
        "one from here, then another by someone else",
        "the same, not yet swept",
        "the same, swept after the action ended",
        "the same, by two clocks",
    ],
)
def test_newest_wipe_is_shown_with_all_that_is_known_of_it(
    shown: tuple[int | None, ...], phases: tuple[int | None, ...], expected: tuple[int | None, ...]
) -> None:
    reached = {
        name: moment.isoformat()
        for name, minute in zip(("issued", "sent", "acknowledged"), phases, strict=True)
        if (moment := at(minute))
    }

    assert wipe_times(times(*shown), reached | {"accepted": "2026-11-20T07:00:00+00:00"}) == times(*expected)
    assert wipe_times(times(*shown), None) == times(*shown)


def test_a_date_that_exchange_said_counts_more_than_when_the_action_noticed() -> None:
    noticed = {"issued": at(1), "sent": at(20), "acknowledged": at(37)}
    phases = {name: moment.isoformat() for name, moment in noticed.items() if moment}
    told: dict[str, object] = {"exchange_sent": str(at(3)), "exchange_acknowledged": str(at(34)), "client": "native"}

    assert wipe_times(times(None, None, None), phases, told) == times(1, 3, 34)
