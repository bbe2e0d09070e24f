"""Workers away for a weekend: their queues stay short, and on their return a new wipe does not wait."""

from typing import TYPE_CHECKING

import pytest

from exconn.contracts import Kind, Service, queue_of
from exconn.coordinator.ring_again import QueueShare, Rounds
from exconn.doorbell import Bell
from exconn.keyspace import connect, keys
from exconn.ledger import Inserted, Ledger, Ring
from tests.support.jobs.new_wipes import new_wipe

if TYPE_CHECKING:
    import redis

NAME = "contoso"
OPEN = 2_000
#: As often as each job was due in 64 hours, when it was rung at most every five minutes.
TIMES_DUE = 900
SEATS = QueueShare(total=18, for_actions=1)


def wipe(ledger: Ledger, requester: str, key: str) -> Inserted:
    phase = "accepted" if requester == "desk" else "issued"
    return ledger.insert(new_wipe(NAME, key, requester=requester, phase=phase))


@pytest.mark.slow
def test_a_weekend_without_workers_fills_no_queue_and_keeps_no_new_wipe_waiting(
    redis_client: "redis.Redis", redis_url: str
) -> None:
    ledger, bell = Ledger(redis_client), Bell(connect(redis_url, text=False))
    for number in range(OPEN):
        wipe(ledger, "old", f"k{number}")
    queue = queue_of(Service.ACTIONS, NAME)

    for _ in range(TIMES_DUE):
        for name in (keys.due("actions", NAME), keys.rung("actions", NAME)):
            redis_client.zunionstore(name, {name: 0})  # hours pass
        Rounds(ledger, bell, "test").reconcile(NAME, SEATS)

    assert redis_client.llen(queue) <= SEATS.room(0).room
    assert (redis_client.memory_usage(queue, samples=0) or 0) < 1_000_000
    new = wipe(ledger, "desk", "new")
    bell.ring(Ring(job_id=new.job_id, kind=Kind.WIPE, service=Service.ACTIONS, ring=new.ring, head=new.head), NAME)
    assert new.job_id in str(redis_client.rpop(queue))
