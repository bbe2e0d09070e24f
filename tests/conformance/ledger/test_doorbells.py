"""Who is rung, how often, and who waits for credit."""

from datetime import timedelta
from typing import Any

import pytest

from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import Ledger, State
from exconn.ledger.bounds import MOST_DUE
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, SOON, Scene, a_wipe
from tests.support.machine.processes import wait_until

AT_ONCE = timedelta(0)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def hurried(scene: Scene) -> Ledger:
    """A ledger that rings again as soon as it may."""
    return Ledger(scene.client, ring_again=AT_ONCE)


def rung(ledger: Ledger, connector: str = CONNECTOR, **options: Any) -> list[str]:
    return [ring.job_id for ring in ledger.doorbells_due(connector, **options)]


def late_jobs(scene: Scene, number: int) -> list[str]:
    """Jobs whose first doorbell was not heard."""
    for _ in range(number):
        scene.ledger.defer(scene.inserted_and_claimed(), AT_ONCE)
    return sorted(scene.ledger.unsettled(CONNECTOR))


def a_part(scene: Scene, **changes: object) -> str:
    return scene.insert(**({"kind": Kind.PARTITION, "checks": Checks.NONE, "parked": True} | changes))


def test_a_new_job_is_left_to_its_first_doorbell(scene: Scene) -> None:
    scene.insert()

    assert rung(scene.ledger) == []


def test_a_job_whose_first_doorbell_was_lost_is_rung(scene: Scene) -> None:
    brief = Ledger(scene.client, ring_again=timedelta(milliseconds=20))
    job = brief.insert(a_wipe("nonce")).job_id

    (ring,) = wait_until(lambda: scene.ledger.doorbells_due(CONNECTOR), SOON, "the first doorbell to be overdue")

    assert (ring.job_id, ring.kind, ring.service, ring.ring) == (job, "wipe", Service.ACTIONS, 2)


def milliseconds(scene: Scene) -> float:
    return scene.ledger.time().timestamp() * 1000


def due_of(scene: Scene, job_id: str) -> float:
    due = scene.client.zscore(keys.due("actions", CONNECTOR), job_id)
    assert due is not None
    return float(due)


def test_a_job_that_was_rung_is_left_alone_for_a_while(scene: Scene) -> None:
    (job_id,) = late_jobs(scene, 1)
    before = milliseconds(scene)

    assert rung(scene.ledger) == [job_id]
    assert rung(scene.ledger) == []

    assert before + 5_000 <= due_of(scene, job_id) <= milliseconds(scene) + 7_000


def pause_after_ring(scene: Scene, ledger: Ledger, job_id: str) -> tuple[float, float]:
    """The least and the most that the pause after a ring can have been, in milliseconds."""
    scene.client.zadd(keys.due("actions", CONNECTOR), {job_id: 1})
    before = milliseconds(scene)
    ledger.doorbells_due(CONNECTOR)
    due = due_of(scene, job_id)
    return due - milliseconds(scene), due - before


def test_each_further_ring_is_longer_in_coming_up_to_a_bound(scene: Scene, hurried: Ledger) -> None:
    (job_id,) = late_jobs(scene, 1)

    for earlier_rings in (3, 40, 200):
        scene.client.hset(keys.rings("actions", CONNECTOR), job_id, earlier_rings - scene.job(job_id).ring)
        least, most = pause_after_ring(scene, hurried, job_id)
        assert least - 1 <= 1000 * earlier_rings <= most + 1

    scene.client.hset(keys.job(job_id), "ring", 1_000_000)
    least, most = pause_after_ring(scene, hurried, job_id)
    assert least - 1 <= 300_000 <= most + 1


def test_the_more_jobs_wait_the_slower_they_are_rung(scene: Scene) -> None:
    late_jobs(scene, 6)
    before = milliseconds(scene)

    rung_now = rung(scene.ledger, limit=2)

    assert len(rung_now) == 2
    assert all(due_of(scene, job_id) >= before + 3 * 5_000 for job_id in rung_now)


def test_no_more_is_rung_than_the_limit_and_the_oldest_first(scene: Scene) -> None:
    late_jobs(scene, 5)
    order = scene.client.zrange(keys.due("actions", CONNECTOR), 0, -1)

    assert rung(scene.ledger, limit=2) == order[:2]
    assert rung(scene.ledger, limit=2) == order[2:4]
    assert rung(scene.ledger, limit=2) == order[4:]


def test_no_round_rings_more_than_one_call_may_touch(scene: Scene) -> None:
    for _ in range(MOST_DUE + 10):
        scene.insert()
    for job_id in scene.ledger.unsettled(CONNECTOR):
        scene.client.zadd(keys.due("actions", CONNECTOR), {job_id: 1})

    assert len(rung(scene.ledger, limit=100_000)) == MOST_DUE


@pytest.mark.parametrize("end", ["settled", "held"])
def test_what_settled_or_is_held_is_never_rung(scene: Scene, end: str) -> None:
    lease = scene.inserted_and_claimed()
    if end == "settled":
        scene.ledger.settle(lease, "failed")
    else:
        scene.ledger.hold(lease, HoldReason.NO_MAILBOX)
    assert scene.client.zcard(keys.due("actions", CONNECTOR)) == 0
    scene.client.zadd(keys.due("actions", CONNECTOR), {lease.job_id: 1, "wipe-forgottenforgotten": 1})

    assert rung(scene.ledger) == []

    assert scene.client.zcard(keys.due("actions", CONNECTOR)) == 0


def test_a_job_that_waits_is_rung_when_it_is_due_and_not_before(scene: Scene) -> None:
    early = scene.inserted_and_claimed()
    scene.ledger.defer(early, AT_ONCE)
    scene.ledger.defer(scene.inserted_and_claimed(), A_MINUTE)

    assert rung(scene.ledger) == [early.job_id]


def test_a_held_lease_is_not_rung_and_a_lost_one_is(scene: Scene) -> None:
    scene.inserted_and_claimed()
    lost = scene.insert()
    scene.crash(lost)

    assert rung(scene.ledger) == [lost]


def test_a_parked_job_waits_without_a_doorbell(scene: Scene) -> None:
    job_id = a_part(scene)

    assert (scene.state(job_id), scene.job(job_id).wait) == (State.WAITING, "credit")
    assert scene.ledger.claim(job_id, "one") is None
    assert rung(scene.ledger) == []


def test_credit_lets_so_many_fly_and_each_that_lands_makes_room_for_the_next(scene: Scene) -> None:
    parts = {a_part(scene) for _ in range(5)}
    flying = rung(scene.ledger, credit={"partition": 2})
    assert len(flying) == 2
    assert rung(scene.ledger, credit={"partition": 2}) == []

    (at_once,) = scene.ledger.settle(scene.claim(flying[0]), "succeeded")
    scene.ledger.hold(scene.claim(flying[1]), HoldReason.NO_MAILBOX)
    next_two = [at_once.job_id, *rung(scene.ledger, credit={"partition": 2})]

    assert len(next_two) == 2
    assert set(flying + next_two) < parts
    assert [message.number for message in scene.messages(next_two[0])] == [Number.JOB_QUEUED, Number.JOB_UNPARKED]


def test_a_deferred_part_keeps_its_credit(scene: Scene) -> None:
    for _ in range(2):
        a_part(scene)
    (flying,) = rung(scene.ledger, credit={"partition": 1})

    scene.ledger.defer(scene.claim(flying), A_MINUTE)

    assert rung(scene.ledger, credit={"partition": 1}) == []


def test_a_released_part_queues_for_credit_again(scene: Scene) -> None:
    first, second = a_part(scene), a_part(scene)
    (flying,) = rung(scene.ledger, credit={"partition": 1})
    other = second if flying == first else first
    scene.ledger.hold(scene.claim(flying), HoldReason.NO_MAILBOX)
    assert rung(scene.ledger, credit={"partition": 1}) == [other]

    scene.ledger.release(CONNECTOR, [flying], release_id="r1", by="boss")
    assert scene.job(flying).wait == "credit"
    rings = scene.ledger.settle(scene.claim(other), "succeeded")

    assert [ring.job_id for ring in rings] == [flying]


def test_a_cancelled_part_gives_its_place_up(scene: Scene) -> None:
    parked = a_part(scene)
    (flying,) = rung(scene.ledger, credit={"partition": 1})
    assert flying == parked
    scene.ledger.cancel(flying, by="boss")
    waiting = a_part(scene)
    scene.ledger.cancel(waiting, by="boss")
    last = a_part(scene)

    assert rung(scene.ledger, credit={"partition": 1}) == [last]
    assert scene.state(waiting) is State.SETTLED


def test_credit_is_counted_by_kind_and_by_connector(scene: Scene) -> None:
    here = [a_part(scene) for _ in range(2)]
    other_kind = [a_part(scene, kind=Kind.ECHO) for _ in range(2)]
    elsewhere = [a_part(scene, connector="branch") for _ in range(2)]

    rung_here = rung(scene.ledger, credit={"partition": 1, "echo": 1})
    rung_there = rung(scene.ledger, "branch", credit={"partition": 1})

    assert len(set(rung_here) & set(here)) == 1
    assert len(set(rung_here) & set(other_kind)) == 1
    assert len(set(rung_there) & set(elsewhere)) == 1
    assert len(rung_here) + len(rung_there) == 3


def test_no_credit_unparks_nobody(scene: Scene) -> None:
    a_part(scene)

    assert rung(scene.ledger, credit={"partition": 0}) == []
    assert rung(scene.ledger, credit={"partition": -3}) == []
    assert rung(scene.ledger, credit={}) == []
