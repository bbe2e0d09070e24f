"""An outage of the ledger is no crash of a worker; a dead worker is found all the same."""

from datetime import timedelta

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Lease, State
from tests.conformance.ledger.scene import CONNECTOR, LONG_LEASE, Scene

WITHIN = timedelta(seconds=5)
LATER = timedelta(minutes=10)


def beat(scene: Scene) -> None:
    scene.ledger.beat("coordinator/here/1", within=WITHIN)


def move_back(scene: Scene, job_id: str, by: timedelta) -> None:
    """As if `by` had passed since the job's lease was renewed and the last round was gone."""
    milliseconds = int(by.total_seconds() * 1000)
    for field in ("lease", "due", "claimed"):
        scene.client.hincrby(keys.job(job_id), field, -milliseconds)
    scene.client.zincrby(keys.due("actions", CONNECTOR), -milliseconds, job_id)
    for field in ("at", "back"):
        if scene.client.hexists(keys.ROUNDS, field):
            scene.client.hincrby(keys.ROUNDS, field, -milliseconds)


def test_a_worker_gets_its_lease_back_that_ran_out_while_nobody_took_the_job(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    move_back(scene, lease.job_id, LATER)

    assert scene.ledger.renew(lease)

    assert scene.ledger.claim(lease.job_id, "two") is None
    scene.ledger.begin(lease)


def outage(scene: Scene, lease: Lease) -> None:
    """Rounds went on until the server was away for longer than a lease; now the first round after it is gone."""
    beat(scene)
    move_back(scene, lease.job_id, LATER)
    assert scene.ledger.claim(lease.job_id, "early") is None
    beat(scene)


def test_three_outages_in_a_long_job_neither_take_it_from_its_worker_nor_hold_it(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()

    for _ in range(3):
        outage(scene, lease)
        assert scene.ledger.claim(lease.job_id, "hasty") is None
        assert scene.ledger.renew(lease)

    job = scene.job(lease.job_id)
    assert (job.state, job.crashes, job.epoch) == (State.CLAIMED, 0, 1)
    scene.ledger.hold(lease, HoldReason.NO_MAILBOX)


def test_a_worker_that_died_in_an_outage_is_found_a_lease_after_it(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    outage(scene, lease)
    assert scene.ledger.claim(lease.job_id, "hasty") is None
    scene.client.hincrby(keys.ROUNDS, "back", -int(LONG_LEASE.total_seconds() * 1000))

    assert scene.ledger.claim(lease.job_id, "two") is not None

    assert scene.job(lease.job_id).crashes == 1


def test_a_worker_that_died_while_rounds_went_on_is_found_at_once(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    beat(scene)
    move_back(scene, lease.job_id, LATER)
    scene.client.delete(keys.ROUNDS)
    beat(scene)
    beat(scene)

    assert scene.ledger.claim(lease.job_id, "two") is not None


def test_rounds_that_are_always_slow_do_not_put_off_the_search_for_dead_workers_for_ever(scene: Scene) -> None:
    beat(scene)
    backs = []
    for _ in range(8):
        for field in ("at", "back"):
            if scene.client.hexists(keys.ROUNDS, field):
                scene.client.hincrby(keys.ROUNDS, field, -6_000)
        beat(scene)
        at, back = scene.client.hmget(keys.ROUNDS, "at", "back")
        backs.append(at == back)

    assert backs == [True, False, False, False, True, False, False, False]


def test_a_round_is_a_sign_of_life(scene: Scene) -> None:
    beat(scene)

    assert scene.client.hkeys(keys.HEARTBEATS) == ["coordinator/here/1"]
