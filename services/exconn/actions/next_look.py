"""When to look next at a wipe that was issued: soon at first, then after ever longer pauses, up to the longest."""

from datetime import timedelta

#: Each look waits this much longer than the one before.
GROWTH = 1.5


def next_look(waited: timedelta, *, first: timedelta, longest_pause: timedelta) -> timedelta:
    """The time to the next look, `waited` after the wipe was issued."""
    return max(first, min(longest_pause, waited * (GROWTH - 1)))
