"""Doorbells in the queues: bounded, in fair turns, and each job's at most once."""

from collections import Counter

import pytest

from exconn.contracts import Checks, Kind, Service, queue_of
from exconn.doorbell import Bell
from exconn.keyspace import keys
from exconn.ledger import Ring, Room
from tests.conformance.ledger.scene import CONNECTOR, Scene, a_wipe

QUEUE = queue_of(Service.ACTIONS, CONNECTOR)


def request(scene: Scene, requester: str, number: int = 1, **changes: object) -> list[str]:
    """Wipes are asked for, and rung as intake does."""
    bell, made = Bell(scene.client), []
    for _ in range(number):
        scene_key = f"{requester}-{scene.client.incr('asked')}"
        found = scene.ledger.insert(a_wipe(scene_key, requester=requester, **changes))
        if found.ring:
            ring = Ring(job_id=found.job_id, kind=Kind.WIPE, service=Service.ACTIONS, ring=found.ring, head=found.head)
            bell.ring(ring, CONNECTOR)
        made.append(found.job_id)
    return made


def a_round(scene: Scene, most: int = 18) -> list[Ring]:
    """As the coordinator goes it."""
    lying = scene.client.llen(QUEUE)
    room = Room(lying=lying, room=max(0, most - lying), urgent=max(0, 2 * most - lying))
    rings = scene.ledger.doorbells_due(CONNECTOR, queues={"actions": room}, limit=500)
    Bell(scene.client).ring_all(rings, CONNECTOR)
    return rings


def heard(scene: Scene) -> str:
    """The job of the doorbell that a worker would hear next."""
    raw = scene.client.rpop(QUEUE)
    assert raw is not None
    return next(job_id for job_id in scene.ledger.unsettled(CONNECTOR) if f"{job_id}:" in str(raw))


def looks(scene: Scene, number: int) -> list[str]:
    """Wipes in Exchange whose next look is due."""
    made = []
    for _ in range(number):
        lease = scene.inserted_and_claimed(requester="old")
        scene.ledger.begin(lease)
        scene.ledger.defer(lease, scene.hasty.lease, phase="issued")
        made.append(lease.job_id)
    everything_is_due(scene)
    return made


def first_was_just_rung(scene: Scene, job_id: str) -> None:
    """However long the asking took: a doorbell that waits at the head for seconds lets nobody before it."""
    scene.client.zadd(keys.heads("actions", CONNECTOR), {job_id: scene.ledger.time().timestamp() * 1000})


def everything_is_due(scene: Scene) -> None:
    for name in (keys.due("actions", CONNECTOR), keys.rung("actions", CONNECTOR)):
        scene.client.zunionstore(name, {name: 0})


@pytest.mark.slow
def test_the_single_wipe_of_one_requester_is_heard_before_two_thousand_of_another(scene: Scene) -> None:
    flood = request(scene, "a", 2_000)
    first_was_just_rung(scene, flood[0])
    (single,) = request(scene, "b")

    assert heard(scene) == single
    assert heard(scene) == flood[0]


def test_one_requester_has_a_bounded_number_of_doorbells_in_a_queue(scene: Scene) -> None:
    request(scene, "a", 200)
    assert scene.client.llen(QUEUE) == 40

    for _ in range(3):
        a_round(scene, most=500)

    assert scene.client.llen(QUEUE) == 40


def test_requesters_take_turns_in_what_rounds_ring(scene: Scene) -> None:
    # No more than one round looks at: all have the same due time, and only their ids order them.
    flood, few = request(scene, "a", 80), request(scene, "b", 3)
    scene.client.delete(QUEUE)  # the broker forgot all of it
    everything_is_due(scene)

    rings = a_round(scene, most=10)

    requesters = ["a" if ring.job_id in flood else "b" for ring in rings]
    assert Counter(requesters[:6]) == {"a": 3, "b": 3}
    assert [ring.job_id in few for ring in rings].count(True) == 3
    assert len(rings) == 20


def test_all_of_a_flood_is_rung_in_the_end(scene: Scene) -> None:
    flood, done = set(request(scene, "a", 150)), set()
    for _ in range(8):
        while scene.client.llen(QUEUE):
            job_id = heard(scene)
            scene.ledger.settle(scene.claim(job_id), "refused")
            done.add(job_id)
        a_round(scene)

    assert done == flood
    assert scene.client.hgetall(keys.lanes("actions", CONNECTOR)) == {}
    assert scene.client.zcard(keys.rung("actions", CONNECTOR)) == 0


def test_a_new_wipe_is_heard_before_the_looks_that_wait(scene: Scene) -> None:
    looks(scene, 30)
    a_round(scene)
    assert scene.client.llen(QUEUE) == 18

    (wipe,) = request(scene, "b")

    assert heard(scene) == wipe


@pytest.mark.slow
def test_a_deferred_wipe_that_has_not_begun_finds_room_among_ten_times_as_many_looks(scene: Scene) -> None:
    looks(scene, 700)
    a_round(scene)
    lease = scene.inserted_and_claimed(requester="b")
    scene.ledger.defer(lease, scene.hasty.lease)
    scene.wait_past(lease.job_id)

    rings = a_round(scene)

    assert (rings[0].job_id, rings[0].head) == (lease.job_id, True)


def test_a_lost_lease_is_rung_first_of_all(scene: Scene) -> None:
    looks(scene, 30)
    unbegun = scene.inserted_and_claimed(requester="a")
    scene.ledger.defer(unbegun, scene.hasty.lease)
    lost = scene.insert()
    scene.crash(lost)

    assert [ring.job_id for ring in a_round(scene)[:2]] == [lost, unbegun.job_id]


def test_a_job_whose_doorbell_lies_in_the_queue_is_not_rung_again(scene: Scene) -> None:
    looks(scene, 10)
    assert len(a_round(scene)) == 10
    for _ in range(20):
        everything_is_due(scene)
        assert a_round(scene) == []

    assert scene.client.llen(QUEUE) == 10


def test_a_queue_that_nobody_hears_takes_no_more_than_its_bound(scene: Scene) -> None:
    looks(scene, 60)
    for _ in range(20):
        everything_is_due(scene)
        a_round(scene)

    assert scene.client.llen(QUEUE) == 18


def test_a_doorbell_that_the_broker_lost_is_rung_again(scene: Scene) -> None:
    jobs = looks(scene, 3)
    a_round(scene)
    scene.client.delete(QUEUE)
    everything_is_due(scene)

    assert {ring.job_id for ring in a_round(scene)} == set(jobs)


@pytest.mark.parametrize("end", ["claimed", "cancelled"])
def test_a_doorbell_that_is_needed_no_more_leaves_room_in_its_requester_s_lane(scene: Scene, end: str) -> None:
    jobs = request(scene, "a", 40)
    if end == "claimed":
        scene.claim(jobs[0])
    else:
        scene.ledger.cancel(jobs[0], by="boss")

    assert scene.ledger.insert(a_wipe("one more", requester="a")).ring == 1


def test_who_asks_again_and_again_does_not_pass_another_for_ever(scene: Scene) -> None:
    (waiting,) = request(scene, "a")
    assert scene.ledger.insert(a_wipe("b-1", requester="b")).head
    scene.client.zadd(keys.heads("actions", CONNECTOR), {waiting: scene.ledger.time().timestamp() * 1000 - 3_000})

    assert scene.ledger.insert(a_wipe("c-1", requester="c")).ring == 0
    assert heard(scene) == waiting
    scene.claim(waiting)

    assert [ring.head for ring in a_round(scene)] == [True]


def test_a_queue_without_room_keeps_what_is_due_for_a_later_round(scene: Scene) -> None:
    jobs = looks(scene, 3)

    assert scene.ledger.doorbells_due(CONNECTOR, queues={}) == []

    assert {ring.job_id for ring in a_round(scene)} == set(jobs)


def test_jobs_without_a_requester_are_rung_behind_what_lies_there(scene: Scene) -> None:
    found = scene.ledger.insert(a_wipe("k", kind=Kind.SWEEP, checks=Checks.NONE, requester="", phase=""))

    assert (found.ring, found.head) == (1, False)


def test_a_doorbell_that_is_heard_after_its_wipe_was_issued_leaves_the_lane_all_the_same(scene: Scene) -> None:
    (job_id,) = request(scene, "a")
    heard(scene)
    lease = scene.hasty.claim(job_id, "slow").lease  # type: ignore[union-attr]
    scene.wait_past(job_id)
    assert [ring.job_id for ring in a_round(scene)] == [job_id]

    assert scene.ledger.renew(lease)
    scene.ledger.begin(lease)
    scene.ledger.defer(lease, scene.hasty.lease, phase="issued")
    scene.wait_past(job_id)
    scene.claim(job_id)

    assert scene.client.hgetall(keys.lanes("actions", CONNECTOR)) == {}
    assert scene.client.zcard(keys.heads("actions", CONNECTOR)) == 0


def test_a_wipe_amid_a_flood_that_came_due_before_and_after_it_is_rung_within_a_few_rounds(scene: Scene) -> None:
    (first,) = request(scene, "slow")
    scene.client.zadd(keys.heads("actions", CONNECTOR), {first: scene.ledger.time().timestamp() * 1000 - 3_000})
    request(scene, "a", 130)
    (single,) = request(scene, "b")
    request(scene, "a", 60)
    due = keys.due("actions", CONNECTOR)
    scene.client.zadd(due, {single: float(scene.client.zscore(due, single) or 0)})
    scene.claim(first)
    rung: list[str] = []

    for _ in range(4):
        rung += [ring.job_id for ring in a_round(scene, most=500)]

    assert single in rung
