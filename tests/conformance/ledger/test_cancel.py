"""Cancelling: at once before the point of no return, by a mark after it, in every phase."""

from datetime import timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import Lease, State, Stopped
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, SOON, Scene
from tests.support.machine.processes import wait_until

A_MINUTE = timedelta(minutes=1)


def begun(scene: Scene) -> Lease:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)
    return lease


def deferred(scene: Scene) -> str:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, A_MINUTE)
    return lease.job_id


def held(scene: Scene) -> str:
    lease = scene.inserted_and_claimed()
    scene.ledger.hold(lease, HoldReason.NO_MAILBOX)
    return lease.job_id


NOT_BEGUN = {
    "queued": lambda scene: scene.insert(),
    "deferred": deferred,
    "parked": lambda scene: scene.insert(parked=True),
    "paused": lambda scene: scene.paused(),
    "held": held,
}


@pytest.mark.parametrize("where", NOT_BEGUN)
def test_a_job_that_has_not_begun_is_cancelled_at_once(scene: Scene, where: str) -> None:
    job_id = NOT_BEGUN[where](scene)

    assert scene.ledger.cancel(job_id, by="boss") == "cancelled"

    message = scene.messages(job_id)[-1]
    assert (scene.state(job_id), scene.job(job_id).outcome) == (State.SETTLED, "cancelled")
    assert (message.number, message.by) == (Number.JOB_CANCELLED, "boss")
    assert scene.ledger.unsettled(CONNECTOR) == set()
    scene.resume()
    assert scene.ledger.doorbells_due(CONNECTOR, credit={"wipe": 5}) == []


def test_a_job_in_a_worker_s_hands_is_marked_and_begin_decides(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()

    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    assert (scene.state(lease.job_id), scene.job(lease.job_id).cancel) == (State.CLAIMED, True)
    assert scene.ledger.renew(lease)


def test_a_job_that_is_being_issued_is_only_marked(scene: Scene) -> None:
    lease = begun(scene)

    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    job = scene.job(lease.job_id)
    assert (job.state, job.phase, job.cancel, job.outcome) == (State.CLAIMED, "issuing", True, "")
    assert scene.messages(lease.job_id)[-1].number == Number.CANCEL_MARKED


def test_an_issued_job_that_waits_is_marked_and_looked_at_now(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.defer(lease, A_MINUTE, phase="issued")

    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    found = scene.ledger.claim(lease.job_id, "two")
    assert found is not None
    assert (found.job.cancel, found.job.phase) == (True, "issued")


def test_a_held_job_that_has_begun_is_marked_and_looked_at_now(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.hold(lease, HoldReason.UNDELIVERED)

    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    assert [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR)] == [lease.job_id]
    assert scene.ledger.claim(lease.job_id, "two") is not None


def test_a_job_that_was_held_with_its_mark_on_it_can_be_cancelled_again(scene: Scene) -> None:
    """It used to stay held for ever: the mark was there already, so nothing was done."""
    lease = begun(scene)
    scene.ledger.cancel(lease.job_id, by="boss")
    scene.ledger.hold(lease, HoldReason.REFUSED_BY_EXCHANGE)

    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    assert scene.ledger.claim(lease.job_id, "two") is not None


def test_a_marked_job_that_is_handed_back_for_long_is_looked_at_soon(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.cancel(lease.job_id, by="boss")

    scene.ledger.defer(lease, A_MINUTE, cancel_within=timedelta(milliseconds=30))

    wait_until(lambda: scene.ledger.claim(lease.job_id, "two"), SOON, "the marked job to be due")


def test_cancelling_twice_marks_once(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.cancel(lease.job_id, by="boss")
    before = scene.everything()

    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    assert scene.everything() == before


def test_a_settled_job_says_so_and_an_unknown_one_too(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.settle(lease, "succeeded")

    assert scene.ledger.cancel(lease.job_id, by="boss") == "settled"
    assert scene.ledger.cancel("wipe-aaaaaaaaaaaaaaaa", by="boss") == "unknown"

    assert scene.job(lease.job_id).outcome == "succeeded"


def test_a_paused_job_that_has_begun_is_looked_at_now_and_not_again_on_resume(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.defer(lease, timedelta(0))
    scene.ledger.pause(CONNECTOR, by="boss")
    with pytest.raises(Stopped):
        scene.ledger.begin(scene.claim(lease.job_id))

    scene.ledger.cancel(lease.job_id, by="boss")
    look = scene.claim(lease.job_id)
    scene.resume()

    assert scene.ledger.renew(look)
    assert scene.state(lease.job_id) is State.CLAIMED


def test_a_retry_looks_at_a_waiting_or_held_job_now(scene: Scene) -> None:
    waiting, strange = deferred(scene), held(scene)

    for job_id in (waiting, strange):
        scene.ledger.retry(job_id, by="boss")

    assert scene.ledger.claim(waiting, "two") is not None
    assert scene.ledger.claim(strange, "two") is not None
    assert scene.messages(strange)[-2].by == "boss"
