"""A ledger that was set back, by a backup or by a replica that lagged: every kill switch is turned on before work goes
on.

Such a ledger has forgotten what happened since, also wipes that were issued. It cannot tell by itself, so two others
remember: the monitor, which tells when the stream lacks a record that it has stored, and a mark on the broker, which
coordinators keep. Both name the newest record, not only its number, so it shows also after others were given the same
numbers. A person compares, and resumes.

A restart of a server that lost nothing still has the marked record. What a fail-over lost after the last mark, a
second ago at most, no mark tells: so a fail-over itself turns the switches on, unless replicas had to confirm what was
accepted and begun. `ledger_set_back.lua` compares, `server_run.py` tells a fail-over from a restart.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import redis as redis_library

from exconn.contracts import LEDGER_MARK
from exconn.ledger import Ledger, Mark
from exconn.logs import get_logger

if TYPE_CHECKING:
    import redis

log = get_logger(__name__)


class SetBackWatch:
    """Looks once a round, before anything is rung. Any number of coordinators may: the ledger acts once."""

    def __init__(self, broker: "redis.Redis", ledger: Ledger) -> None:
        self._broker = broker
        self._ledger = ledger

    def look(self, connectors: Iterable[str], *, by: str) -> None:
        """Have the ledger pause all `connectors` if it was set back. Raises LedgerOutOfReachError.

        A broker out of reach, or a new one, knows of no record.
        """
        marked = self._marked()
        found = self._ledger.look_back(connectors, known=marked or Mark(), by=by)
        if found.was_taken_over:
            log.warning("another server took over the ledger", paused=found.paused)
        if found.was_set_back:
            log.error("the ledger was set back: every kill switch was turned on", record=found.newest.number)
        if marked is not None and found.newest != marked:
            self._mark(found.newest)

    def _marked(self) -> Mark | None:
        try:
            found = cast("bytes | None", self._broker.get(LEDGER_MARK))
        except (redis_library.RedisError, OSError) as exc:
            log.warning("mark not read", error=type(exc).__name__)
            return None
        return Mark.read((found or b"").decode("ascii", "replace"))

    def _mark(self, mark: Mark) -> None:
        try:
            self._broker.set(LEDGER_MARK, str(mark))
        except (redis_library.RedisError, OSError) as exc:
            log.warning("mark not written", error=type(exc).__name__)
