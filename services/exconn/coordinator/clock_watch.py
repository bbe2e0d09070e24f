"""The clock of the ledger's server, watched: it is set back or forward, and somebody has to know.

Leases, due times, limits and validity are measured by that clock. The ledger goes on forward where it is set back; a
step forward cannot be told from time that passed, so it is followed. Either is said.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from exconn.ledger import Ledger
from exconn.logs import get_logger

log = get_logger(__name__)

#: More than an answer may take.
LEAST_STEP = timedelta(seconds=6)


class ClockWatch:
    """Compares, once a round, how much time passed there and here."""

    def __init__(self, ledger: Ledger, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._monotonic = monotonic
        self._last: tuple[float, float] | None = None

    def look(self, *, by: str) -> None:
        """Keep the ledger's clock, and have a step said. Raises LedgerOutOfReachError."""
        before = self._monotonic()
        there = self._ledger.keep_clock(by=by).timestamp()
        here = (before + self._monotonic()) / 2
        last, self._last = self._last, (here, there)
        if last is None:
            return
        step = timedelta(seconds=(there - last[1]) - (here - last[0]))
        if abs(step) >= LEAST_STEP:
            log.warning("the clock of the ledger's server was set", seconds=round(step.total_seconds()))
            self._ledger.keep_clock(step=step, by=by)
