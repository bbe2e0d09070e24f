"""Rings again for jobs whose doorbell was lost, and for waiting jobs whose time has come."""

from exconn.contracts import Kind
from exconn.doorbell import Bell, BellError, NewerRingError
from exconn.failpoints import failpoint
from exconn.ledger import Ledger
from exconn.logs import get_logger

log = get_logger(__name__)

#: Partitions in flight: twice the seats that discovery may take, so that no seat waits for a doorbell.
CREDIT = {Kind.PARTITION.value: 6}


def reconcile(ledger: Ledger, bell: Bell, connector: str, *, by: str) -> int:
    """Ring what is overdue; how many were looked at. A broker out of reach ends the round: the next one rings again."""
    rings = ledger.overdue(connector, credit=CREDIT, by=by)
    for done, ring in enumerate(rings):
        failpoint("reconcile.mid", key=ring.job_id)
        try:
            bell.ring(ring, connector)
        except NewerRingError as exc:
            # Those behind it are not of its kind.
            log.warning("doorbell left to newer coordinators", connector=connector, detail=str(exc))
        except BellError as exc:
            log.warning("doorbells not rung", connector=connector, left=len(rings) - done, detail=str(exc))
            return done
    return len(rings)
