"""Looks at an issued wipe get rarer, within bounds."""

from datetime import timedelta

from exconn.actions.next_look import next_look

FIRST, PACE = timedelta(seconds=5), timedelta(minutes=5)


def test_looks_start_soon_get_rarer_and_never_rarer_than_the_pace() -> None:
    waits = [next_look(timedelta(seconds=waited), first=FIRST, pace=PACE) for waited in (0, 5, 60, 300, 86400)]

    assert waits[0] == FIRST
    assert waits[-1] == PACE
    assert waits == sorted(waits)
