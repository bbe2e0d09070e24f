"""A job that is cancelled while a worker has it never waits for a person who knows nothing of the cancellation."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import HasBegunError, Job, Lease, Limits, Outcome, State, Stopped, Window
from exconn.stream import Number
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene
from tests.support.jobs.new_wipes import OPEN_BRAKES

DEVICE = "phone-1"
MOST_LOOKS = 5


def cancelled(scene: Scene, *, begun: bool, limits: Limits = OPEN_BRAKES) -> Lease:
    """A wipe that is cancelled while its worker has it."""
    lease = scene.let_in(device=DEVICE, limits=limits)
    if begun:
        scene.ledger.begin(lease)
    scene.ledger.cancel(lease.job_id, by="boss")
    return lease


def by_its_worker(scene: Scene, lease: Lease) -> None:
    scene.ledger.hold(lease, HoldReason.UNKNOWN_KEY)


def by_its_third_crash(scene: Scene, lease: Lease) -> None:
    scene.client.hset(keys.job(lease.job_id), mapping={"crashes": "2", "lease": "1"})
    scene.ledger.claim(lease.job_id, "the next")


HOLDS = [by_its_worker, by_its_third_crash]


@pytest.mark.parametrize("would_hold", HOLDS)
def test_a_wipe_that_was_cancelled_before_it_began_ends_and_the_device_can_be_wiped_anew(
    scene: Scene, would_hold: Callable[[Scene, Lease], None]
) -> None:
    lease = cancelled(scene, begun=False)

    would_hold(scene, lease)

    job = scene.job(lease.job_id)
    assert (job.state, job.outcome) == (State.SETTLED, Outcome.CANCELLED)
    assert scene.messages(lease.job_id)[-1].number == Number.JOB_CANCELLED
    assert scene.insert(device=DEVICE) != lease.job_id


@pytest.mark.parametrize("would_hold", HOLDS)
def test_a_wipe_that_was_cancelled_after_it_began_is_looked_at_again(
    scene: Scene, would_hold: Callable[[Scene, Lease], None]
) -> None:
    lease = cancelled(scene, begun=True)

    would_hold(scene, lease)

    assert scene.state(lease.job_id) is State.WAITING
    assert [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR)] == [lease.job_id]
    found = scene.ledger.claim(lease.job_id, "two")
    assert found is not None
    assert found.job.cancel


def held_in_the_end(scene: Scene, lease: Lease) -> Job:
    """The worker finds the same obstacle at each look, until a person is asked."""
    by_its_worker(scene, lease)
    for _ in range(MOST_LOOKS):
        assert scene.state(lease.job_id) is State.WAITING
        by_its_worker(scene, scene.claim(lease.job_id))
    return scene.job(lease.job_id)


def test_after_some_looks_a_person_is_asked_and_sees_that_the_cancellation_is_wanted(scene: Scene) -> None:
    lease = cancelled(scene, begun=True)

    job = held_in_the_end(scene, lease)

    message = scene.messages(lease.job_id)[-1]
    assert (job.state, job.reason) == (State.HELD, HoldReason.CANCEL_WANTED)
    assert (message.number, message.data["reason"], message.data["cause"]) == (
        Number.JOB_HELD,
        HoldReason.CANCEL_WANTED,
        HoldReason.UNKNOWN_KEY,
    )


@pytest.mark.parametrize("way", ["release", "retry", "cancel", "look_again"])
def test_whatever_a_person_does_a_cancelled_wipe_is_never_issued(scene: Scene, way: str) -> None:
    job = held_in_the_end(scene, cancelled(scene, begun=True))
    issued = [message for message in scene.messages(job.id) if message.number == Number.ISSUING]

    if way == "release":
        assert scene.ledger.release(CONNECTOR, [job.id], release_id="r1", by="boss") == [job.id]
    elif way == "retry":
        scene.ledger.retry(job.id, by="boss")
    elif way == "cancel":
        assert scene.ledger.cancel(job.id, by="boss") == "marked"
    else:
        assert scene.ledger.look_again(job.id)

    with pytest.raises(Stopped, match="cancelled"):
        scene.ledger.begin(scene.claim(job.id))
    assert [message for message in scene.messages(job.id) if message.number == Number.ISSUING] == issued
    assert scene.job(job.id).outcome == Outcome.CANCELLED


def test_a_hold_that_tells_of_the_cancellation_itself_is_a_person_s_at_once(scene: Scene) -> None:
    lease = cancelled(scene, begun=True)

    scene.ledger.hold(lease, HoldReason.CANCEL_REFUSED, data={"said": "no"})

    assert (scene.state(lease.job_id), scene.job(lease.job_id).reason) == (State.HELD, HoldReason.CANCEL_REFUSED)


def test_a_wipe_that_a_brake_would_hold_is_cancelled_instead(scene: Scene) -> None:
    full = Limits(breaker=(Window(0, AN_HOUR),), fleet_floor=0)
    lease = cancelled(scene, begun=False, limits=full)

    with pytest.raises(Stopped, match="cancelled"):
        scene.ledger.begin(lease)

    assert scene.job(lease.job_id).outcome == Outcome.CANCELLED


def test_a_cancelled_job_whose_worker_died_ends_in_the_next_round(scene: Scene) -> None:
    job_id = scene.insert(device=DEVICE)
    scene.crash(job_id)
    assert scene.ledger.cancel(job_id, by="boss") == "marked"

    assert scene.ledger.doorbells_due(CONNECTOR) == []

    assert scene.job(job_id).outcome == Outcome.CANCELLED


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.EXPIRED])
def test_what_has_begun_cannot_end_as_refused_or_expired(scene: Scene, outcome: Outcome) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)
    before = scene.everything()

    with pytest.raises(HasBegunError, match=f"has begun, so it cannot end as {outcome}"):
        scene.ledger.settle(lease, outcome)

    assert scene.everything() == before


def test_what_has_begun_and_whose_time_has_passed_is_a_person_s(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(valid_until=scene.ledger.time() + AN_HOUR)
    scene.ledger.begin(lease)
    scene.ledger.defer(lease, timedelta(0))
    scene.client.hset(keys.job(lease.job_id), "valid_until", "1")

    with pytest.raises(Stopped, match="held"):
        scene.ledger.begin(scene.claim(lease.job_id))

    assert scene.job(lease.job_id).reason == HoldReason.UNPROVEN
