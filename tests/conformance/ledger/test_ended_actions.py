"""What was cancelled or has ended begins no more, whatever is written into its hash by who may write that."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis

from exconn.contracts import Checks, HoldReason, Kind, RefuseReason, Service
from exconn.keyspace import keys
from exconn.ledger import Lease, Limits, Outcome, Proven, State, Stopped, Window
from exconn.ledger.lua import ISSUED_KEPT
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene

NO_QUOTA = Limits(breaker=(Window(9, AN_HOUR),), quota=(Window(0, AN_HOUR),), fleet_floor=9)
REQUEST = Proven(request="0a1b2c")
PHONE = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def legal_record() -> None:
    """What is written here is illegal by intention."""


@pytest.fixture
def scene(redis_client: redis.Redis) -> Scene:
    made = Scene(redis_client)
    made.resume()
    return made


def cancelled(scene: Scene) -> str:
    job = scene.insert()
    scene.ledger.cancel(job, by="anna")
    return job


def expired(scene: Scene) -> str:
    job = scene.insert(limits=NO_QUOTA, valid_until=scene.ledger.time() + timedelta(hours=1))
    scene.client.zadd(keys.expiring(Service.ACTIONS, CONNECTOR), {job: 1}, xx=True)
    scene.ledger.doorbells_due(CONNECTOR, by="coordinator")
    return job


def superseded(scene: Scene) -> str:
    lease = scene.inserted_and_claimed(device=PHONE, requester="hr")
    scene.ledger.hold(lease, HoldReason.PARTNERSHIP_DIFFERS)
    scene.insert(device=PHONE)
    return lease.job_id


def failed(scene: Scene) -> str:
    lease = scene.inserted_and_claimed()
    scene.ledger.settle(lease, Outcome.FAILED)
    return lease.job_id


def put_back(scene: Scene, job: str, **fields: str) -> Lease:
    """HSET and ZADD have it due again; the lease of a worker that then has it."""
    changed = {"state": "queued", "wait": "", "outcome": "", "phase": "accepted", "due": "1", "begun": "0"}
    for name, value in ({**changed, "cancel": "0", "reason": "", "limits": Limits().encoded()} | fields).items():
        scene.client.hset(keys.job(job), name, value)
    scene.client.hset(keys.job(job), "valid_until", str(int(scene.ledger.time().timestamp() * 1000) + 3_600_000))
    scene.client.zadd(keys.due("actions", CONNECTOR), {job: 1})
    return scene.claim(job)


@pytest.mark.parametrize("ends", [cancelled, expired, superseded, failed])
def test_an_action_that_has_ended_begins_no_more_when_put_back(scene: Scene, ends: Callable[[Scene], str]) -> None:
    job = ends(scene)
    assert scene.state(job) is State.SETTLED

    with pytest.raises(Stopped, match=f"refused.*{RefuseReason.NOT_AS_SIGNED}"):
        scene.ledger.begin(put_back(scene, job))

    assert scene.job(job).begun == 0


def test_nor_does_one_whose_cancellation_was_only_marked_and_rubbed_out(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    assert scene.ledger.cancel(lease.job_id, by="anna") == "marked"

    scene.client.hset(keys.job(lease.job_id), "cancel", "0")

    with pytest.raises(Stopped, match=RefuseReason.NOT_AS_SIGNED):
        scene.ledger.begin(lease)


@pytest.mark.parametrize(
    "lie", [{"checks": Checks.NONE.value}, {"kind": Kind.ECHO.value}, {"connector": "other"}, {"id": "wipe-bbbb"}]
)
def test_nor_does_one_whose_hash_lied_as_it_was_cancelled(scene: Scene, lie: dict[str, str]) -> None:
    job = scene.insert()
    truth = {name: scene.fields(job).get(name, job) for name in lie}
    for name, value in lie.items():
        scene.client.hset(keys.job(job), name, value)
    scene.ledger.cancel(job, by="anna")

    with pytest.raises(Stopped, match=RefuseReason.NOT_AS_SIGNED):
        scene.ledger.begin(put_back(scene, job, **truth))


def test_it_is_known_a_period_later_and_earlier_too_and_forgotten_in_the_one_after(scene: Scene) -> None:
    """Earlier: a server that started anew with its time set back."""
    job = failed(scene)
    (now,) = (name for name in scene.everything() if "ended" in name)
    period = int(now.rsplit(":", 1)[1])

    scene.client.rename(now, keys.ended(period - 1))
    with pytest.raises(Stopped, match=RefuseReason.NOT_AS_SIGNED):
        scene.ledger.begin(put_back(scene, job))

    scene.client.delete(keys.ended(period))
    scene.client.rename(keys.ended(period - 1), keys.ended(period + 1))
    with pytest.raises(Stopped, match=RefuseReason.NOT_AS_SIGNED):
        scene.ledger.begin(put_back(scene, job))

    scene.client.delete(keys.ended(period))
    scene.client.rename(keys.ended(period + 1), keys.ended(period - 2))
    scene.ledger.begin(put_back(scene, job))
    assert [name for name in scene.everything() if name == keys.ended(period - 2)] == []
    assert period == int(scene.ledger.time().timestamp() // ISSUED_KEPT.total_seconds())


def test_what_was_cancelled_begins_no_more_though_its_end_is_forgotten(scene: Scene) -> None:
    job = cancelled(scene)
    for name in [name for name in scene.everything() if "ended" in name]:
        scene.client.delete(name)

    with pytest.raises(Stopped, match=f"refused.*{RefuseReason.NOT_AS_SIGNED}"):
        scene.ledger.begin(put_back(scene, job))

    assert scene.job(job).begun == 0


def test_what_says_that_it_has_begun_less_often_than_it_has_asks_a_person(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease, proven=REQUEST)
    scene.client.hset(keys.job(lease.job_id), "begun", "0")

    with pytest.raises(Stopped, match=HoldReason.UNPROVEN):
        scene.ledger.begin(lease, proven=REQUEST)

    assert scene.state(lease.job_id) is State.HELD


def test_parts_and_sweeps_are_not_kept(scene: Scene) -> None:
    lease = scene.a_sweep()
    scene.ledger.settle(lease, Outcome.SUCCEEDED)

    assert [name for name in scene.everything() if "ended" in name] == []
