"""Rings again for jobs whose doorbell was lost, and for waiting jobs whose time has come."""

from dataclasses import dataclass, field

from exconn.contracts import KINDS, Kind, Service
from exconn.doorbell import Bell, BellError, NewerRingError, QueuesUnknownError
from exconn.failpoints import failpoint
from exconn.ledger import Ledger, Ring, Room
from exconn.logs import get_logger

log = get_logger(__name__)

#: Doorbells that may lie in a queue beside two for each session: for jobs that end without one.
SPARE = 10
#: Every service that hears doorbells.
SERVICES = tuple(sorted({row.service for row in KINDS.values()}))


@dataclass(frozen=True, kw_only=True)
class QueueShare:
    """Sessions of a connector's account: in all, and of those the ones that only device actions take."""

    total: int = 4
    for_actions: int = 1

    @property
    def credit(self) -> dict[str, int]:
        """Parts of a sweep in flight: twice the seats that discovery may take, so that no seat waits for a doorbell."""
        return {Kind.PARTITION.value: 2 * max(1, self.total - self.for_actions)}

    def room(self, lying: int) -> Room:
        """What a queue takes beyond the doorbells that lie in it.

        However many workers there are, no more of them work for a connector than it has seats, and twice as many
        doorbells keep them busy. An action that has not begun finds room where others find none.
        """
        most = 2 * self.total + SPARE
        return Room(lying=lying, room=max(0, most - lying), urgent=max(0, 2 * most - lying))


#: Doorbells of one connector that are rung in one round.
MOST_RUNG = 60


@dataclass
class Rounds:
    """The doorbells of one round. A broker that did not answer is not asked again in it: time-outs would add up."""

    ledger: Ledger
    bell: Bell
    by: str
    _is_there: bool = field(default=True, init=False)

    def reconcile(self, connector: str, seats: QueueShare = QueueShare()) -> int:
        """Ring whose doorbells are due; how many. What the broker does not take now is rung in a later round."""
        queues = self._queues(connector, seats)
        rings = self.ledger.doorbells_due(
            connector, credit=seats.credit if queues else None, queues=queues, limit=MOST_RUNG, by=self.by
        )
        for ring in rings:
            failpoint("reconcile.mid", key=ring.job_id)
        self.ring(rings, connector)
        return len(rings)

    def ring(self, rings: list[Ring], connector: str) -> None:
        """Ring, if the broker is there."""
        if not self._is_there:
            return
        try:
            self.bell.ring_all(rings, connector)
        except NewerRingError as exc:
            log.warning("doorbell left to newer coordinators", connector=connector, detail=str(exc))
        except BellError as exc:
            self._is_there = False
            log.warning("doorbells not rung", connector=connector, rings=len(rings), detail=str(exc))

    def _queues(self, connector: str, seats: QueueShare) -> dict[str, Room]:
        """The room in each queue; none in any while the broker is out of reach."""
        if not self._is_there:
            return {}
        try:
            lying: dict[Service, int] = self.bell.lying(SERVICES, connector)
        except QueuesUnknownError as exc:
            self._is_there = False
            log.warning("doorbells not rung", connector=connector, detail=str(exc))
            return {}
        return {service.value: seats.room(count) for service, count in lying.items()}
