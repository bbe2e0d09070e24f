"""Slots of full discoveries."""

from datetime import UTC, datetime, time, timedelta

import pytest

from exconn.connector import Discovery
from exconn.coordinator.schedule import newest_slot, slot_key

INSTALLED = datetime(2026, 3, 28, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("discovery", "elapsed", "slot"),
    [
        (Discovery(), timedelta(0), timedelta(0)),  # the installation itself is the first slot
        (Discovery(), timedelta(hours=23, minutes=59), timedelta(0)),
        (Discovery(), timedelta(hours=24), timedelta(hours=24)),
        (Discovery(full_every_hours=6), timedelta(hours=13), timedelta(hours=12)),
        (
            Discovery(full_every_hours=1),
            timedelta(days=30, minutes=59),
            timedelta(days=30),
        ),  # missed ones are not made up
    ],
)
def test_slots_follow_the_installation(discovery: Discovery, elapsed: timedelta, slot: timedelta) -> None:
    assert newest_slot(discovery, installed_at=INSTALLED, now=INSTALLED + elapsed) == INSTALLED + slot


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (datetime(2026, 3, 28, 13, 0, tzinfo=UTC), INSTALLED),  # today's time was before the installation
        (datetime(2026, 3, 29, 1, 59, tzinfo=UTC), INSTALLED),
        (datetime(2026, 3, 29, 2, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC)),
        (datetime(2026, 3, 30, 1, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_daily_time_is_in_utc_and_not_before_the_installation(now: datetime, slot: datetime) -> None:
    found = newest_slot(Discovery(full_at=time(2, 0)), installed_at=INSTALLED, now=now)

    assert found == slot


def test_coordinators_agree_on_the_key_of_a_slot() -> None:
    other_zone = INSTALLED.astimezone(tz=None)

    assert slot_key(INSTALLED) == slot_key(other_zone) == "slot:sweep-full:20260328T123000Z"
