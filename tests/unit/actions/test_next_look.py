"""Looks at an issued wipe get rarer, within bounds."""

from datetime import timedelta

from exconn.actions.next_look import next_look

FIRST, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)


def test_looks_start_soon_get_rarer_and_never_rarer_than_the_longest_pause() -> None:
    waited = [timedelta(seconds=seconds) for seconds in (0, 5, 60, 300, 86400)]
    waits = [next_look(since, first=FIRST, longest_pause=LONGEST_PAUSE) for since in waited]

    assert waits[0] == FIRST
    assert waits[-1] == LONGEST_PAUSE
    assert waits == sorted(waits)
