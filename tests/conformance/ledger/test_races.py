"""Many at once: one wins, and the brakes let exactly their limit through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import redis

from exconn.ledger import Lease, Ledger, Limits, Proven, State, Stopped, Window
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, LONG_LEASE, Scene, a_wipe

Found = TypeVar("Found")
THREADS = 8


def at_once(open_redis: Callable[..., redis.Redis], work: Callable[[int, Ledger], Found]) -> list[Found]:
    """What `work` gives in each of eight threads, started together, each with its own connection."""
    together = Barrier(THREADS)
    ledgers = [Ledger(open_redis(), lease=LONG_LEASE) for _ in range(THREADS)]

    def run(number: int) -> Found:
        together.wait(timeout=10)
        return work(number, ledgers[number])

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_of_eight_that_claim_a_job_one_gets_it(scene: Scene, open_redis: Callable[..., redis.Redis]) -> None:
    for _ in range(10):
        job_id = scene.insert()

        claims = at_once(open_redis, lambda number, ledger: ledger.claim(job_id, f"worker-{number}"))  # noqa: B023

        assert sum(claim is not None for claim in claims) == 1
        assert scene.job(job_id).epoch == 1


def test_of_eight_that_send_the_same_request_one_makes_the_job(
    scene: Scene, open_redis: Callable[..., redis.Redis]
) -> None:
    answers = at_once(open_redis, lambda _, ledger: ledger.insert(a_wipe("nonce")))

    assert sum(answer.created for answer in answers) == 1
    assert len({answer.job_id for answer in answers}) == 1
    assert len(scene.messages(answers[0].job_id)) == 1


def begin(ledger: Ledger, lease: Lease, grant: str = "") -> bool:
    try:
        ledger.begin(lease, proven=Proven(grant=grant))
    except Stopped:
        return False
    return True


def test_of_a_hundred_that_begin_at_once_exactly_the_breaker_s_limit_do(
    scene: Scene, open_redis: Callable[..., redis.Redis]
) -> None:
    limits = Limits(breaker=(Window(10, AN_HOUR),), quota=(Window(1000, AN_HOUR),), fleet_floor=10)
    leases = [scene.let_in(limits=limits) for _ in range(100)]

    begun = at_once(open_redis, lambda number, ledger: [begin(ledger, lease) for lease in leases[number::THREADS]])

    assert sum(sum(each) for each in begun) == 10
    states = [scene.state(lease.job_id) for lease in leases]
    assert (states.count(State.CLAIMED), states.count(State.HELD)) == (10, 90)
    assert [m.sequence for m in scene.messages()] == list(range(1, len(scene.messages()) + 1))


def test_of_eight_that_release_the_same_job_one_grants(scene: Scene, open_redis: Callable[..., redis.Redis]) -> None:
    lease = scene.let_in(limits=Limits(breaker=(Window(0, AN_HOUR),), fleet_floor=0))
    assert not begin(scene.ledger, lease)

    released = at_once(
        open_redis,
        lambda number, ledger: ledger.release(CONNECTOR, [lease.job_id], release_id=f"r{number}", by="boss"),
    )

    assert sorted(map(len, released)) == [0] * 7 + [1]
    claimed = scene.claim(lease.job_id)
    assert begin(scene.ledger, claimed, scene.job(lease.job_id).grant)


def test_coordinators_side_by_side_ring_each_job_once(scene: Scene, open_redis: Callable[..., redis.Redis]) -> None:
    for _ in range(40):
        scene.insert(parked=True)

    rung = at_once(open_redis, lambda _, ledger: ledger.doorbells_due(CONNECTOR, credit={"wipe": 16}, limit=5))

    names = [ring.job_id for rings in rung for ring in rings]
    assert len(names) == len(set(names)) == 16
