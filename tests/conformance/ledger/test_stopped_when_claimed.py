"""What brakes would not let begin is paused or held as a worker claims it: nobody gets it, no session is opened."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Phase, Service, WaitReason
from exconn.keyspace import keys
from exconn.ledger import Limits, Outcome, Proven, Room, State, Stopped, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene

WIDE = (Window(10_000, AN_HOUR),)
QUOTA = 20
BY_QUOTA = Limits(breaker=WIDE, quota=(Window(QUOTA, AN_HOUR),), fleet_floor=10_000)
FULL = Limits(breaker=(Window(0, AN_HOUR),), quota=WIDE, fleet_floor=0)


def pause(scene: Scene) -> None:
    scene.ledger.pause(CONNECTOR, by="boss")


def tighten(scene: Scene, job_id: str, limits: Limits = FULL) -> None:
    """Windows slide while a job waits: there is no place for it any more."""
    scene.client.hset(keys.job(job_id), "limits", limits.encoded())


EITHER_STOP = pytest.mark.parametrize("stop", [lambda scene, _: pause(scene), tighten], ids=["switch", "breaker"])


def work(scene: Scene, jobs: list[str]) -> list[str]:
    """What a worker does that hears all their doorbells; those for which it would have opened a session."""
    opened = []
    for job_id in jobs:
        if scene.state(job_id) is State.WAITING:
            scene.wait_past(job_id)
        claim = scene.ledger.claim(job_id, "worker")
        if claim is not None:
            opened.append(job_id)
            scene.ledger.begin(claim.lease, proven=Proven(grant=claim.job.grant))
    return opened


def states(scene: Scene, jobs: list[str]) -> Counter[tuple[str, str]]:
    found = [scene.job(job_id) for job_id in jobs]
    return Counter((job.state, job.reason) for job in found)


def put_off(scene: Scene, jobs: list[str]) -> None:
    """Exchange is away: each is tried once, and comes later."""
    for job_id in jobs:
        scene.ledger.defer(scene.claim(job_id), AN_HOUR, reason=WaitReason.UNREACHABLE)


def an_hour_passes(scene: Scene, jobs: list[str]) -> None:
    for job_id in jobs:
        scene.client.hset(keys.job(job_id), "due", 1)


def test_while_the_switch_is_on_wipes_wait_and_no_worker_gets_one(scene: Scene) -> None:
    pause(scene)
    jobs = [scene.insert() for _ in range(5)]

    assert work(scene, jobs) == []

    assert states(scene, jobs) == {(State.WAITING, "kill_switch"): 5}
    assert {scene.job(job_id).tries for job_id in jobs} == {0}
    assert Number.JOB_CLAIMED not in [message.number for message in scene.messages()]
    assert set(scene.client.zrange(keys.paused("actions", CONNECTOR), 0, -1)) == set(jobs)
    assert scene.ledger.doorbells_due(CONNECTOR) == []


def test_it_is_paused_and_recorded_as_one_that_begin_stopped(scene: Scene) -> None:
    late = scene.inserted_and_claimed()
    pause(scene)
    with pytest.raises(Stopped):
        scene.ledger.begin(late)
    early = scene.insert()

    assert scene.ledger.claim(early, "one") is None

    assert_alike(scene, early, late.job_id)


def test_it_is_held_and_recorded_as_one_that_begin_held(scene: Scene) -> None:
    late = scene.let_in(limits=FULL)
    with pytest.raises(Stopped):
        scene.ledger.begin(late)
    early = scene.insert()
    tighten(scene, early)

    assert scene.ledger.claim(early, "one") is None

    assert_alike(scene, early, late.job_id)
    assert early in scene.client.zrange(keys.held(CONNECTOR, "desk"), 0, -1)


def assert_alike(scene: Scene, early: str, late: str) -> None:
    one, other = scene.job(early), scene.job(late)
    for name in ("state", "wait", "phase", "reason", "data", "subject", "due", "begun", "crashes"):
        assert getattr(one, name) == getattr(other, name), name
    last, by_begin = (scene.messages(job_id)[-1] for job_id in (early, late))
    for name in ("number", "state", "phase", "data", "severity", "text"):
        assert getattr(last, name) == getattr(by_begin, name), name


PASSING = {Checks.NONE, Checks.ALLOW}


@pytest.mark.parametrize("checks", Checks)
def test_the_switch_keeps_from_workers_what_changes_exchange_unless_it_lets_a_device_in(
    scene: Scene, checks: Checks
) -> None:
    pause(scene)

    claim = scene.ledger.claim(scene.insert(checks=checks), "one")

    assert (claim is not None) is (checks in PASSING)


def test_of_fifty_resumed_wipes_twenty_begin_and_the_others_are_held_unopened(scene: Scene) -> None:
    pause(scene)
    jobs = []
    for _ in range(5):
        some = [scene.insert(limits=BY_QUOTA) for _ in range(10)]
        work(scene, some)
        jobs += some
    scene.resume()

    opened = work(scene, jobs)

    assert opened == jobs[:QUOTA]
    assert states(scene, jobs) == {(State.CLAIMED, ""): QUOTA, (State.HELD, HoldReason.QUOTA): 30}
    assert [scene.job(job_id).tries for job_id in jobs[QUOTA:]] == [0] * 30


def test_when_exchange_is_back_what_came_meanwhile_beyond_the_quota_is_held_unopened(scene: Scene) -> None:
    jobs = []
    for _ in range(5):
        some = [scene.insert(limits=BY_QUOTA) for _ in range(10)]
        put_off(scene, some)
        jobs += some
    allow = scene.insert(limits=BY_QUOTA, checks=Checks.ALLOW)
    assert scene.state(allow) is State.QUEUED
    an_hour_passes(scene, jobs)

    opened = work(scene, [*jobs[: QUOTA - 1], allow, *jobs[QUOTA - 1 :]])

    assert opened == [*jobs[: QUOTA - 1], allow]
    assert states(scene, jobs) == {(State.CLAIMED, WaitReason.UNREACHABLE): 19, (State.HELD, HoldReason.QUOTA): 31}
    assert [scene.job(job_id).tries for job_id in jobs[QUOTA:]] == [1] * 30


def test_a_released_one_passes(scene: Scene) -> None:
    job_id = scene.insert()
    tighten(scene, job_id)
    assert work(scene, [job_id]) == []

    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")

    assert work(scene, [job_id]) == [job_id]
    assert scene.job(job_id).begun == 1


def test_a_released_one_waits_for_the_switch_and_then_passes(scene: Scene) -> None:
    job_id = scene.insert()
    tighten(scene, job_id)
    work(scene, [job_id])
    pause(scene)
    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss")

    assert work(scene, [job_id]) == []
    scene.resume()

    assert work(scene, [job_id]) == [job_id]


@EITHER_STOP
def test_one_that_has_begun_is_looked_at_whatever_brakes_say(scene: Scene, stop: Callable[[Scene, str], None]) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)
    scene.ledger.defer(lease, timedelta(0), phase=Phase.ISSUED)

    stop(scene, lease.job_id)

    assert scene.ledger.claim(lease.job_id, "two") is not None


@EITHER_STOP
def test_one_that_somebody_else_had_asked_of_exchange_is_looked_at_whatever_brakes_say(
    scene: Scene, stop: Callable[[Scene, str], None]
) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, timedelta(0), phase=Phase.ISSUED)

    stop(scene, lease.job_id)

    assert scene.ledger.claim(lease.job_id, "two") is not None


@EITHER_STOP
def test_one_past_its_date_expires_and_is_not_kept_for_a_person(
    scene: Scene, stop: Callable[[Scene, str], None]
) -> None:
    job_id = scene.insert(valid_until=scene.ledger.time() - timedelta(milliseconds=1))
    stop(scene, job_id)

    with pytest.raises(Stopped, match="expired"):
        scene.ledger.begin(scene.claim(job_id))

    assert scene.job(job_id).outcome == Outcome.EXPIRED


@EITHER_STOP
def test_a_worker_that_was_lost_before_it_began_is_told_and_its_wipe_stopped(
    scene: Scene, stop: Callable[[Scene, str], None]
) -> None:
    job_id = scene.insert()
    scene.crash(job_id)
    stop(scene, job_id)

    assert scene.ledger.claim(job_id, "two") is None

    numbers = [message.number for message in scene.messages(job_id)]
    assert numbers[-2] == Number.WORKER_LOST
    assert numbers[-1] in (Number.JOB_PAUSED, Number.JOB_HELD)
    assert scene.fields(job_id)["lease"] == ""
    assert scene.client.zscore(keys.due("actions", CONNECTOR), job_id) is None


def test_one_that_kills_its_workers_is_held_for_that_though_the_switch_is_on(scene: Scene) -> None:
    job_id = scene.insert()
    for _ in range(3):
        scene.crash(job_id)
    pause(scene)

    assert scene.ledger.claim(job_id, "two") is None

    assert scene.job(job_id).reason == HoldReason.KILLS_ITS_WORKER


def test_stopped_ones_leave_the_lane_of_their_requester_and_the_next_ones_are_rung(scene: Scene) -> None:
    jobs = [scene.insert() for _ in range(60)]
    lanes = keys.lanes("actions", CONNECTOR)
    assert scene.client.hget(lanes, "desk") == "40"
    pause(scene)

    work(scene, jobs[:40])

    assert scene.client.hgetall(lanes) == {}
    assert scene.client.zcard(keys.heads("actions", CONNECTOR)) == 0
    room = Room(lying=0, room=30, urgent=30)
    rings = scene.ledger.doorbells_due(CONNECTOR, queues={Service.ACTIONS.value: room}, limit=500)
    assert {ring.job_id for ring in rings} == set(jobs[40:])
    assert [ring.job_id for ring in rings if ring.head] == [rings[0].job_id]
