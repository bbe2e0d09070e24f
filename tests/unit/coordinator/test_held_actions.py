"""When the held wipes of a connector are looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.coordinator.held_actions import is_due

LAST = datetime(2026, 3, 28, 12, 30, tzinfo=UTC)


def test_they_are_looked_at_by_a_coordinator_that_has_just_started() -> None:
    assert is_due(None, LAST)


@pytest.mark.parametrize(("later", "due"), [(timedelta(hours=23, minutes=59), False), (timedelta(days=1), True)])
def test_they_are_looked_at_again_after_a_day(later: timedelta, due: bool) -> None:
    assert is_due(LAST, LAST + later) is due
