"""Rounds and what they give on to workers go through with the users of the table, on both servers."""

from datetime import timedelta

from exconn.contracts import HoldReason, Kind, Service
from exconn.coordinator.ring_again import Rounds
from exconn.doorbell import Bell
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger, Ring
from tests.conformance.access.conftest import Guarded
from tests.support.jobs.new_wipes import new_wipe

NAME = "rounds"


def test_a_wipe_goes_from_intake_through_rounds_to_its_end(guarded: Guarded) -> None:
    intake, coordinator, actions = (
        Ledger(connect(guarded.url(user, "ledger"))) for user in ("intake", "coordinator", "actions")
    )
    bells = {user: Bell(connect(guarded.url(user, "broker"), text=False)) for user in ("intake", "coordinator")}
    admin = guarded.servers["ledger"].client()
    intake.resume(NAME, by="boss")
    first = intake.insert(new_wipe(NAME, "a", requester="desk"))
    ring = Ring(job_id=first.job_id, kind=Kind.WIPE, service=Service.ACTIONS, ring=first.ring, head=first.head)
    bells["intake"].ring(ring, NAME)
    second = intake.insert(new_wipe(NAME, "b", requester="desk"))
    admin.zunionstore(keys.due("actions", NAME), {keys.due("actions", NAME): 0})
    admin.zunionstore(keys.rung("actions", NAME), {keys.rung("actions", NAME): 0})
    coordinator.beat("coordinator/here/1", within=timedelta(seconds=5))

    assert Rounds(coordinator, bells["coordinator"], "test").reconcile(NAME) == 1  # one of two was lost

    for job_id in (first.job_id, second.job_id):
        claim = actions.claim(job_id, "worker")
        assert claim is not None
        assert actions.renew(claim.lease)
        actions.begin(claim.lease)
        actions.hold(claim.lease, HoldReason.UNDELIVERED, phase="issued")
    admin.zunionstore(keys.looks(NAME), {keys.looks(NAME): 0})
    Rounds(coordinator, bells["coordinator"], "test").reconcile(NAME)
    claim = actions.claim(first.job_id, "worker")
    assert claim is not None
    assert actions.settle(claim.lease, "failed") == []
    admin.close()
