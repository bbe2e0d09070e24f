"""What waits for a person or for the kill switch ends when its time has passed, but for what has begun."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Limits, State, Stopped, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene

NO_QUOTA = Limits(breaker=(Window(9, AN_HOUR),), quota=(Window(0, AN_HOUR),), fleet_floor=9)


def soon(scene: Scene) -> dict[str, object]:
    return {"valid_until": scene.ledger.time() + timedelta(hours=1)}


def time_passes(scene: Scene, job_id: str) -> None:
    """Its hour is over: what may end at all ends now."""
    for service in (Service.ACTIONS, Service.POLICY, Service.DISCOVERY):
        scene.client.zadd(keys.expiring(service, CONNECTOR), {job_id: 1}, xx=True)
    scene.client.hset(keys.job(job_id), "valid_until", "1")


def held_by_a_brake(scene: Scene, **changes: object) -> str:
    return scene.insert(limits=NO_QUOTA, **changes)


def held_by_a_worker(scene: Scene, **changes: object) -> str:
    lease = scene.inserted_and_claimed(**changes)
    scene.ledger.hold(lease, HoldReason.NO_MAILBOX)
    return lease.job_id


def stopped(scene: Scene, **changes: object) -> str:
    scene.ledger.pause(CONNECTOR, by="boss")
    job_id = scene.insert(**changes)
    assert scene.ledger.claim(job_id, "one") is None
    return job_id


def a_stopped_apply(scene: Scene, **changes: object) -> str:
    changes |= {"kind": Kind.POLICY_APPLY, "service": Service.POLICY, "checks": Checks.POLICY, "phase": ""}
    lease = scene.inserted_and_claimed(**changes)
    scene.ledger.pause(CONNECTOR, by="boss")
    with pytest.raises(Stopped):
        scene.ledger.begin(lease, phase="")
    return lease.job_id


WAITS = pytest.mark.parametrize("waits", [held_by_a_brake, held_by_a_worker, stopped, a_stopped_apply])


def round_of(scene: Scene) -> None:
    scene.ledger.doorbells_due(CONNECTOR, by="coordinator")


@WAITS
def test_it_ends_as_expired_in_the_next_round_and_says_so(scene: Scene, waits: Callable[..., str]) -> None:
    job_id = waits(scene, device="phone", **soon(scene))
    time_passes(scene, job_id)

    round_of(scene)

    assert (scene.state(job_id), scene.job(job_id).outcome) == (State.SETTLED, "expired")
    last = scene.messages(job_id)[-1]
    assert (last.number, last.by) == (Number.JOB_EXPIRED, "coordinator")
    assert not scene.client.hgetall(keys.open_actions(CONNECTOR))
    assert not [name for name in scene.everything() if ":expiring:" in name or "open-of:" in name]


@WAITS
def test_before_that_it_waits(scene: Scene, waits: Callable[..., str]) -> None:
    job_id = waits(scene, **soon(scene))

    round_of(scene)

    assert scene.state(job_id) in (State.HELD, State.WAITING)


def test_what_has_begun_stays_held_for_a_person(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(**soon(scene))
    scene.ledger.begin(lease)
    scene.ledger.hold(lease, HoldReason.UNPROVEN)
    time_passes(scene, lease.job_id)

    round_of(scene)

    assert scene.job(lease.job_id).reason == HoldReason.UNPROVEN


@pytest.mark.parametrize("goes_on", ["release", "resume"])
def test_what_goes_on_is_left_to_its_worker(scene: Scene, goes_on: str) -> None:
    if goes_on == "release":
        job_id = held_by_a_brake(scene, **soon(scene))
        scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")
    else:
        stopped(scene, **soon(scene))
        scene.resume()

    assert not scene.client.exists(keys.expiring("actions", CONNECTOR))


def test_a_held_sweep_has_no_such_end(scene: Scene) -> None:
    kind = {"kind": Kind.SWEEP, "service": Service.DISCOVERY, "checks": Checks.NONE, "phase": ""}
    job_id = held_by_a_worker(scene, **kind, **soon(scene))
    time_passes(scene, job_id)

    round_of(scene)

    assert scene.state(job_id) is State.HELD


def test_many_end_within_one_round(scene: Scene) -> None:
    jobs = [held_by_a_brake(scene, requester=f"r{number}", **soon(scene)) for number in range(60)]
    for job_id in jobs:
        time_passes(scene, job_id)

    round_of(scene)

    assert {scene.state(job_id) for job_id in jobs} == {State.SETTLED}
