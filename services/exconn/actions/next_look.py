"""When to look next at a wipe that was issued: soon at first, then ever later, never later than the pace."""

from datetime import timedelta

#: Each look waits this much longer than the one before.
GROWTH = 1.5


def next_look(waited: timedelta, *, first: timedelta, pace: timedelta) -> timedelta:
    """The time to the next look, `waited` after the wipe was issued."""
    return max(first, min(pace, waited * (GROWTH - 1)))
