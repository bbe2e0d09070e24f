"""A ledger that was set back, by a backup that took its place: every kill switch is turned on before work goes on.

Such a ledger has forgotten what happened since, also wipes that were issued. It cannot tell by itself, so two others
remember how long its record was: the monitor, which writes down what it has committed, and a mark on the broker, which
coordinators keep. A person compares, and resumes.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import redis as redis_library

from exconn.contracts import LEDGER_MARK
from exconn.ledger import Ledger
from exconn.logs import get_logger

if TYPE_CHECKING:
    import redis

log = get_logger(__name__)

#: Digits of a record's number; longer ones are forged, and Python refuses to read very long ones.
_LONGEST_NUMBER = 18


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
        found = self._ledger.look_back(connectors, known=marked or 0, by=by)
        if found.was_set_back:
            log.error("the ledger was set back: every kill switch was turned on", record=found.record)
        if marked is not None and found.record != marked:
            self._mark(found.record)

    def _marked(self) -> int | None:
        try:
            found = cast("bytes | None", self._broker.get(LEDGER_MARK))
        except (redis_library.RedisError, OSError) as exc:
            log.warning("mark not read", error=type(exc).__name__)
            return None
        return int(found) if found and found.isdigit() and len(found) <= _LONGEST_NUMBER else 0

    def _mark(self, record: int) -> None:
        try:
            self._broker.set(LEDGER_MARK, str(record))
        except (redis_library.RedisError, OSError) as exc:
            log.warning("mark not written", error=type(exc).__name__)
