"""What becomes of the parts when their sweep has ended, or has begun its list anew: none of them stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import Checks, EndReason, Kind, Service, WaitReason
from exconn.keyspace import keys
from exconn.ledger import Lease, LeaseLostError, State
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene

AT_ONCE = timedelta(0)


def a_part(scene: Scene, parent: str, *, parked: bool = False) -> str:
    return scene.insert(
        kind=Kind.PARTITION,
        service=Service.DISCOVERY,
        checks=Checks.NONE,
        phase="",
        parent=parent,
        generation=1,
        parked=parked,
    )


def rung(scene: Scene, job_id: str) -> str:
    scene.ledger.retry(job_id, by="boss")
    return job_id


def deferred(scene: Scene, job_id: str) -> str:
    scene.ledger.defer(scene.claim(job_id), AT_ONCE, reason=WaitReason.UNREACHABLE, failed=True)
    scene.wait_past(job_id)
    return job_id


def lost(scene: Scene, job_id: str) -> str:
    scene.crash(job_id)
    return job_id


def given_up(scene: Scene, sweep: Lease) -> None:
    scene.ledger.cancel(sweep.job_id, by="boss")


def failed(scene: Scene, sweep: Lease) -> None:
    scene.ledger.settle(sweep, "failed")


def begun_anew(scene: Scene, sweep: Lease) -> None:
    scene.ledger.restart_list(sweep)


ENDS = [given_up, failed, begun_anew]


@pytest.mark.parametrize("where", [rung, deferred, lost])
@pytest.mark.parametrize("end", ENDS)
def test_a_part_ends_in_the_next_round_after_its_sweep(
    scene: Scene, end: Callable[[Scene, Lease], None], where: Callable[[Scene, str], str]
) -> None:
    sweep = scene.a_sweep()
    part = where(scene, a_part(scene, sweep.job_id))
    end(scene, sweep)

    rings = scene.ledger.doorbells_due(CONNECTOR, by="coordinator")

    message = scene.messages(part)[-1]
    assert part not in {ring.job_id for ring in rings}
    assert (scene.state(part), message.number) == (State.SETTLED, Number.JOB_CANCELLED)
    assert message.data["reason"] == EndReason.NO_LONGER_COUNTED
    assert part not in scene.ledger.unsettled(CONNECTOR)


@pytest.mark.parametrize("end", ENDS)
def test_a_part_whose_sweep_has_ended_is_not_worked_on(scene: Scene, end: Callable[[Scene, Lease], None]) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    end(scene, sweep)

    assert scene.ledger.claim(part, "one") is None

    assert (scene.job(part).outcome, scene.job(part).tries) == ("cancelled", 0)


def test_rounds_end_every_part_of_a_sweep_that_was_cancelled(scene: Scene) -> None:
    sweep = scene.a_sweep()
    parts = [a_part(scene, sweep.job_id, parked=True) for _ in range(30)]
    scene.ledger.await_children(sweep)
    scene.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 6})
    working = scene.claim(next(part for part in parts if scene.state(part) is State.QUEUED))
    scene.ledger.cancel(sweep.job_id, by="boss")

    rounds = 0
    while len(scene.ledger.unsettled(CONNECTOR)) > 1:
        rounds += 1
        assert rounds <= 40, "parts stay"
        for part in parts:
            if scene.state(part) is State.QUEUED:
                rung(scene, part)
        scene.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 6})

    assert scene.ledger.unsettled(CONNECTOR) == {working.job_id}
    scene.ledger.settle(working, "succeeded")
    assert scene.client.smembers(keys.in_flight(Kind.PARTITION, CONNECTOR)) == set()
    assert scene.client.zcard(keys.parked(Kind.PARTITION, CONNECTOR)) == 0


@pytest.mark.parametrize("kind", [Kind.SWEEP, Kind.PARTITION])
def test_a_sweep_that_a_worker_has_ends_at_once_when_it_is_cancelled(scene: Scene, kind: Kind) -> None:
    lease = scene.inserted_and_claimed(kind=kind, service=Service.DISCOVERY, checks=Checks.NONE, phase="")

    assert scene.ledger.cancel(lease.job_id, by="boss") == "cancelled"

    assert scene.ledger.unsettled(CONNECTOR) == set()
    assert not scene.ledger.renew(lease)
    with pytest.raises(LeaseLostError):
        scene.ledger.await_children(lease)


def test_a_parent_that_was_cancelled_does_not_wait_for_parts(scene: Scene) -> None:
    parent = scene.inserted_and_claimed()
    scene.ledger.restart_list(parent)
    a_part(scene, parent.job_id)
    scene.ledger.cancel(parent.job_id, by="boss")

    scene.ledger.await_children(parent)

    assert scene.job(parent.job_id).outcome == "cancelled"


def test_a_part_of_a_job_that_has_begun_no_list_counts(scene: Scene) -> None:
    parent = scene.insert(kind=Kind.SWEEP, service=Service.DISCOVERY, checks=Checks.NONE, phase="")

    part = scene.insert(kind=Kind.PARTITION, service=Service.DISCOVERY, checks=Checks.NONE, parent=parent, generation=0)

    assert scene.ledger.claim(part, "one")
