"""The clock of the ledger's server, watched: it is set back or forward, and somebody has to know.

Leases, due times, limits and validity are measured by the ledger's clock, which is that of its server, but goes on
forward where that is set back. A step forward cannot be told from time that passed, so it is followed. A server that
starts anew has forgotten what it was set back by: then the ledger's clock steps back. Each is said.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

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
        self._last: tuple[float, tuple[datetime, datetime]] | None = None

    def look(self, *, by: str) -> None:
        """Have a step said, of the server's clock or of the ledger's. Raises LedgerOutOfReachError."""
        before = self._monotonic()
        there = self._ledger.clocks()
        here = (before + self._monotonic()) / 2
        last, self._last = self._last, (here, there)
        if last is None:
            return
        passed = timedelta(seconds=here - last[0])
        step = max((now - then - passed for now, then in zip(there, last[1], strict=True)), key=abs)
        if abs(step) >= LEAST_STEP:
            log.warning("the clock of the ledger's server was set", seconds=round(step.total_seconds()))
            self._ledger.tell_step(step, by=by)
