"""Who gets the credit that becomes free, and what becomes of parts that nobody waits for."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Lease, State
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene

KEEP = timedelta(days=7)
PART_KEEP = timedelta(hours=1)


def a_list(scene: Scene) -> tuple[Lease, int]:
    lease = scene.inserted_and_claimed(kind=Kind.SWEEP, checks=Checks.NONE, service=Service.DISCOVERY)
    return lease, scene.ledger.restart_list(lease)


def parts(scene: Scene, lease: Lease, generation: int, number: int) -> list[str]:
    changes = {"kind": Kind.PARTITION, "checks": Checks.NONE, "service": Service.DISCOVERY, "parked": True}
    return [
        scene.insert(parent=lease.job_id, generation=generation, payload="x" * 5_000, **changes) for _ in range(number)
    ]


def unparked(scene: Scene, credit: int) -> list[str]:
    return [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR, credit={"partition": credit})]


def test_the_end_of_a_part_rings_the_next_one_without_waiting_for_a_round(scene: Scene) -> None:
    lease, generation = a_list(scene)
    all_parts = parts(scene, lease, generation, 3)
    (first,) = unparked(scene, 1)

    (ring,) = scene.ledger.settle(scene.claim(first), "succeeded")

    assert ring.job_id in set(all_parts) - {first}
    assert (ring.service, ring.ring, ring.head) == (Service.DISCOVERY, 1, False)
    assert scene.claim(ring.job_id)


def test_the_end_of_what_held_no_credit_rings_nobody(scene: Scene) -> None:
    lease, generation = a_list(scene)
    parts(scene, lease, generation, 2)
    unparked(scene, 1)

    assert scene.ledger.settle(scene.inserted_and_claimed(), "succeeded") == []


@pytest.mark.slow
def test_parts_of_a_sweep_that_was_cancelled_do_not_keep_the_next_one_waiting(scene: Scene) -> None:
    old, generation = a_list(scene)
    dead = parts(scene, old, generation, 600)
    scene.ledger.settle(old, "cancelled")
    new, generation = a_list(scene)
    alive = parts(scene, new, generation, 2)

    assert unparked(scene, 2) == []
    assert sorted(unparked(scene, 2)) == sorted(alive)

    ended = scene.job(dead[0])
    assert (ended.state, ended.outcome, ended.data["reason"]) == (State.SETTLED, "cancelled", "no_longer_counted")
    assert scene.messages(dead[0])[-1].number == Number.JOB_CANCELLED


def test_parts_of_a_list_that_began_anew_end_and_count_for_nobody(scene: Scene) -> None:
    lease, generation = a_list(scene)
    (older,) = parts(scene, lease, generation, 1)
    (newer,) = parts(scene, lease, scene.ledger.restart_list(lease), 1)

    assert unparked(scene, 5) == [newer]

    assert (scene.state(older), scene.job(lease.job_id).pending) == (State.SETTLED, 1)


def test_a_settled_part_keeps_nothing_but_how_it_ended(scene: Scene) -> None:
    lease, generation = a_list(scene)
    (part,) = parts(scene, lease, generation, 1)
    (rung,) = unparked(scene, 1)
    held = scene.claim(rung)
    scene.ledger.note(held, {"devices": 4_000})
    scene.ledger.settle(held, "succeeded", data={"devices": 4_000})

    job = scene.job(part)

    assert (job.payload, job.notes, job.outcome, job.data["devices"]) == ("", {}, "succeeded", 4_000)
    assert (scene.client.memory_usage(keys.job(part)) or 0) < 2_500


def test_a_settled_part_leaves_within_an_hour_and_its_sweep_stays(scene: Scene) -> None:
    lease, generation = a_list(scene)
    (part,) = parts(scene, lease, generation, 1)
    unparked(scene, 1)
    scene.ledger.settle(scene.claim(part), "succeeded")
    scene.ledger.settle(lease, "succeeded")

    scene.ledger.retire(confirmed_before=scene.ledger.time() + KEEP, keep=KEEP, keep_parts=PART_KEEP)

    assert 0 < scene.client.ttl(keys.job(part)) <= 3_600
    assert scene.client.ttl(keys.job(lease.job_id)) > 6 * 86_400


def test_a_parked_part_that_is_cancelled_waits_nowhere_and_one_that_has_begun_for_its_turn(scene: Scene) -> None:
    lease, generation = a_list(scene)
    first, second = parts(scene, lease, generation, 2)
    scene.client.hset(keys.job(second), "begun", 1)  # no kind with credit begins today

    scene.ledger.cancel(first, by="boss")
    scene.ledger.cancel(second, by="boss")

    assert scene.client.zrange(keys.parked("partition", CONNECTOR), 0, -1) == [second]
    assert scene.client.zscore(keys.due("discovery", CONNECTOR), second) is None
    assert unparked(scene, 1) == [second]
    assert scene.client.zcard(keys.parked("partition", CONNECTOR)) == 0


def begun_and_held(scene: Scene) -> str:
    """What needs credit, has begun within it, and waits for a person, so that its credit went to another."""
    changes = {"kind": Kind.PARTITION, "checks": Checks.NONE, "service": Service.DISCOVERY, "phase": ""}
    both = {scene.insert(parked=True, **changes) for _ in range(2)}
    (job,) = unparked(scene, 1)
    (other,) = both - {job}
    lease = scene.claim(job)
    scene.ledger.begin(lease, phase="")
    scene.ledger.hold(lease, HoldReason.UNKNOWN_KEY)
    assert unparked(scene, 1) == [other]
    return job


def in_flight(scene: Scene) -> set[str]:
    return set(map(str, scene.client.smembers(keys.in_flight("partition", CONNECTOR))))


ANEW: list[Callable[[Scene, str], object]] = [
    lambda scene, job: scene.ledger.look_again(job),
    lambda scene, job: scene.ledger.cancel(job, by="boss"),
    lambda scene, job: scene.ledger.retry(job, by="boss"),
    lambda scene, job: scene.ledger.release(CONNECTOR, [job], release_id="r", by="boss"),
]


@pytest.mark.parametrize("let_go_on", ANEW, ids=["look_again", "cancel", "retry", "release"])
def test_what_was_held_goes_on_within_its_credit_only(scene: Scene, let_go_on: Callable[[Scene, str], object]) -> None:
    job = begun_and_held(scene)

    let_go_on(scene, job)

    assert scene.state(job) is State.WAITING
    assert scene.ledger.claim(job, "two") is None
    (other,) = in_flight(scene)
    (ring,) = scene.ledger.settle(scene.claim(other), "succeeded")
    assert ring.job_id == job
    assert in_flight(scene) == {job}
    assert scene.claim(job)


def test_a_mark_leaves_a_begun_job_in_its_place_among_the_parked(scene: Scene) -> None:
    job = begun_and_held(scene)
    scene.ledger.look_again(job)

    assert scene.ledger.cancel(job, by="boss") == "marked"

    assert scene.ledger.claim(job, "two") is None
    (other,) = in_flight(scene)
    assert [ring.job_id for ring in scene.ledger.settle(scene.claim(other), "succeeded")] == [job]
    found = scene.ledger.claim(job, "two")
    assert found is not None
    assert found.job.cancel
