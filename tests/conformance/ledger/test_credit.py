"""Who gets the credit that becomes free, and what becomes of parts that nobody waits for."""

from datetime import timedelta

from exconn.contracts import Checks, Kind, Service
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
    return [ring.job_id for ring in scene.ledger.overdue(CONNECTOR, credit={"partition": credit})]


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


def test_a_parked_part_that_is_cancelled_waits_nowhere(scene: Scene) -> None:
    lease, generation = a_list(scene)
    first, second = parts(scene, lease, generation, 2)
    scene.client.hset(keys.job(second), "begun", 1)  # no kind with credit begins today

    scene.ledger.cancel(first, by="boss")
    scene.ledger.cancel(second, by="boss")

    assert scene.client.zcard(keys.parked("partition", CONNECTOR)) == 0
