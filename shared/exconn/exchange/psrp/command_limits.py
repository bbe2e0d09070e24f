"""How much one command may answer, and how long it may go on answering: the end of an answer without end."""

import time
from collections.abc import Callable
from datetime import timedelta

from exconn.exchange.error_mapping import NoAnswer
from exconn.exchange.errors import Malformed

#: Messages of one command: some times the devices of the largest organization.
MOST_MESSAGES = 5_000_000
#: A command that still says something after this time is given up. A list of a million devices takes a few hours.
LONGEST = timedelta(hours=12)


class CommandLimits:
    """One command's; counts from the moment it is made."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._end = now() + LONGEST.total_seconds()
        self._left = MOST_MESSAGES

    def spend(self, messages: int) -> None:
        """Count what arrived; NoAnswer when the command took too long, `Malformed` when it said too much."""
        self._left -= messages
        if self._left < 0:
            raise Malformed(f"more than {MOST_MESSAGES:,} messages of one command")
        if self._now() > self._end:
            raise NoAnswer(f"the command had not ended after {LONGEST.total_seconds() / 3600:g} hours")
