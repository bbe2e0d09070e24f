"""A brake that stops a wipe as it is claimed, by the rights that services have."""

from datetime import timedelta

from exconn.contracts import Checks, Kind, Service, WaitReason
from exconn.keyspace import connect
from exconn.ledger import AccountTrouble, AccountTroubles, Ledger, State
from tests.conformance.access.conftest import Guarded
from tests.conformance.ledger.scene import a_wipe


def test_a_wipe_that_the_kill_switch_stops_leaves_work_of_others_that_waits_for_the_same_to_a_round(
    guarded: Guarded,
) -> None:
    clients = {user: connect(guarded.url(user, "ledger")) for user in ("discovery", "actions", "intake")}
    intake, trouble = Ledger(clients["intake"]), AccountTrouble(code=WaitReason.UNTRUSTED_CERTIFICATE, said="x")
    intake.resume("c9", by="boss")
    jobs = {}
    for worker, kind, checks in (("discovery", Kind.SWEEP, Checks.NONE), ("actions", Kind.WIPE, Checks.ERASE)):
        AccountTroubles(clients[worker]).found("c9", trouble, by=worker)
        work = a_wipe(worker, connector="c9", kind=kind, service=Service(worker), checks=checks, phase="")
        jobs[worker] = intake.insert(work).job_id
        claim = Ledger(clients[worker]).claim(jobs[worker], worker)
        assert claim is not None
        Ledger(clients[worker]).defer(claim.lease, timedelta(hours=1), awaits=trouble.name)
    intake.pause("c9", by="boss")
    intake.retry(jobs["actions"], by="boss")

    assert Ledger(clients["actions"]).claim(jobs["actions"], "worker") is None

    stopped = intake.job(jobs["actions"])
    assert stopped is not None
    assert (stopped.state, stopped.wait) == (State.WAITING, "switch")
