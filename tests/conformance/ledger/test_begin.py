"""The point of no return: what stops a job right before the cmdlet, and what a second begin keeps."""

import json
from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Phase
from exconn.keyspace import keys
from exconn.ledger import LeaseLostError, State, Stopped
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene


def refusal(scene: Scene, **changes: object) -> tuple[str, Stopped]:
    """A job that begin refuses, and the refusal."""
    lease = scene.inserted_and_claimed(**changes)
    with pytest.raises(Stopped) as stopped:
        scene.ledger.begin(lease)
    return lease.job_id, stopped.value


def test_begin_moves_the_phase_and_writes_an_audit_record(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(device="11111111-2222-3333-4444-555555555555")

    scene.ledger.begin(lease, pre_image={"requested": None})

    job = scene.job(lease.job_id)
    message = scene.messages(lease.job_id)[-1]
    assert (job.phase, job.begun, job.pre_image) == ("issuing", 1, {"requested": None})
    assert message.number == Number.ISSUING
    assert message.data == {"purpose": "issue", "attempt": 1, "device": "11111111-2222-3333-4444-555555555555"}


def test_a_second_begin_writes_a_second_audit_record_and_keeps_the_pre_image(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease, pre_image={"requested": None})

    scene.ledger.begin(lease)

    attempts = [m.data["attempt"] for m in scene.messages(lease.job_id) if m.number == Number.ISSUING]
    assert attempts == [1, 2]
    assert scene.job(lease.job_id).pre_image == {"requested": None}


def test_a_cancelled_job_is_settled_instead_of_begun(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    assert scene.ledger.cancel(lease.job_id, by="boss") == "marked"

    with pytest.raises(Stopped) as stopped:
        scene.ledger.begin(lease)

    assert stopped.value.outcome == "cancelled"
    assert (scene.job(lease.job_id).outcome, scene.job(lease.job_id).begun) == ("cancelled", 0)


def test_a_job_past_its_date_is_settled_as_expired(scene: Scene) -> None:
    job_id, stopped = refusal(scene, valid_until=scene.ledger.time() - timedelta(milliseconds=1))

    assert stopped.outcome == "expired"
    assert (scene.job(job_id).state, scene.job(job_id).outcome) == (State.SETTLED, "expired")
    assert scene.messages(job_id)[-1].number == Number.JOB_EXPIRED


def test_a_job_before_its_date_begins(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(valid_until=scene.ledger.time() + timedelta(minutes=1))

    scene.ledger.begin(lease)

    assert scene.job(lease.job_id).begun == 1


def test_a_release_does_not_outlive_the_date(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(valid_until=scene.ledger.time() + timedelta(milliseconds=1))
    scene.ledger.hold(lease, HoldReason.BREAKER)
    scene.ledger.release(CONNECTOR, [lease.job_id], release_id="r1", by="boss")
    scene.wait_past(lease.job_id)

    with pytest.raises(Stopped, match="expired"):
        scene.ledger.begin(scene.claim(lease.job_id))


@pytest.mark.parametrize("value", [None, "paused", "Running", "1", ""])
def test_only_an_explicit_running_lets_jobs_through(scene: Scene, value: str | None) -> None:
    lease = scene.inserted_and_claimed()
    job_id = lease.job_id
    scene.client.delete(keys.switch(CONNECTOR))
    if value is not None:
        scene.client.set(keys.switch(CONNECTOR), value)

    with pytest.raises(Stopped, match="paused"):
        scene.ledger.begin(lease)

    assert scene.ledger.switch(CONNECTOR) == "paused"
    assert (scene.state(job_id), scene.job(job_id).wait) == (State.WAITING, "switch")
    assert scene.messages(job_id)[-1].number == Number.JOB_PAUSED


PASSING = {Checks.NONE, Checks.ALLOW}


@pytest.mark.parametrize("checks", Checks)
def test_the_kill_switch_stops_what_changes_exchange_unless_it_lets_a_device_in(scene: Scene, checks: Checks) -> None:
    lease = scene.inserted_and_claimed(checks=checks)
    scene.ledger.pause(CONNECTOR, by="boss")

    try:
        scene.ledger.begin(lease)
        passed = True
    except Stopped:
        passed = False

    assert passed is (checks in PASSING)


def test_taking_something_back_passes_every_brake(scene: Scene) -> None:
    job_id = scene.insert(valid_until=scene.ledger.time() - timedelta(minutes=1))
    scene.ledger.defer(scene.claim(job_id), timedelta(0), phase=Phase.ISSUED)
    lease = scene.claim(job_id)
    scene.ledger.pause(CONNECTOR, by="boss")
    scene.ledger.cancel(job_id, by="boss")

    scene.ledger.begin(lease, purpose="withdraw", phase=Phase.CANCELLING)

    assert scene.job(job_id).phase == "cancelling"
    assert scene.messages(lease.job_id)[-1].data["purpose"] == "withdraw"
    assert scene.client.zcard(keys.brake(CONNECTOR, "erase")) == 0


def test_tracking_goes_on_while_the_switch_is_off(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)
    scene.ledger.defer(lease, timedelta(0), phase="issued")
    scene.ledger.pause(CONNECTOR, by="boss")

    look = scene.claim(lease.job_id)
    scene.ledger.defer(look, timedelta(0), phase="sent")
    scene.ledger.settle(scene.claim(lease.job_id), "succeeded", phase="acknowledged")

    assert scene.job(lease.job_id).outcome == "succeeded"


@pytest.mark.parametrize("obstacle", ["switch", "cancel", "expiry"])
def test_a_second_begin_is_checked_anew(scene: Scene, obstacle: str) -> None:
    lease = scene.inserted_and_claimed(valid_until=scene.ledger.time() + timedelta(hours=1))
    scene.ledger.begin(lease)
    scene.ledger.defer(lease, timedelta(0))
    again = scene.claim(lease.job_id)
    if obstacle == "switch":
        scene.ledger.pause(CONNECTOR, by="boss")
    elif obstacle == "cancel":
        scene.ledger.cancel(lease.job_id, by="boss")
    else:  # the hour has passed
        scene.client.hset(keys.job(lease.job_id), "valid_until", int(scene.ledger.time().timestamp() * 1000))

    with pytest.raises(Stopped) as stopped:
        scene.ledger.begin(again)

    assert stopped.value.outcome == {"switch": "paused", "cancel": "cancelled", "expiry": "held"}[obstacle]
    assert scene.job(lease.job_id).begun == 1


def test_a_stopped_worker_has_no_lease_left(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.pause(CONNECTOR, by="boss")
    with pytest.raises(Stopped):
        scene.ledger.begin(lease)

    with pytest.raises(LeaseLostError):
        scene.ledger.settle(lease, "succeeded")


def test_a_paused_job_is_neither_rung_nor_to_be_had(scene: Scene) -> None:
    job_id = scene.paused()

    assert scene.ledger.doorbells_due(CONNECTOR) == []
    assert scene.ledger.claim(job_id, "two") is None


def pause_jobs(scene: Scene, number: int) -> list[str]:
    paused = [scene.paused() for _ in range(number)]
    made = {job_id: scene.job(job_id).created for job_id in paused}
    return sorted(paused, key=lambda job_id: (made[job_id], job_id))


@pytest.mark.parametrize("number", [5, 620], ids=["a few", "more than one script may touch"])
@pytest.mark.slow
def test_resuming_makes_the_stopped_jobs_due_in_the_order_in_which_they_were_made(scene: Scene, number: int) -> None:
    paused = pause_jobs(scene, number)

    scene.resume()

    assert scene.client.zrange(keys.due("actions", CONNECTOR), 0, -1) == paused
    assert scene.client.zcard(keys.paused("actions", CONNECTOR)) == 0


def test_resumed_jobs_go_through_the_breaker(scene: Scene) -> None:
    paused = pause_jobs(scene, 2)
    scene.resume()
    for job_id in paused:
        scene.wait_past(job_id)
        scene.ledger.begin(scene.claim(job_id))

    assert scene.client.zcard(keys.brake(CONNECTOR, "erase")) == 2


@pytest.mark.slow
def test_a_pause_in_the_middle_of_a_long_resume_is_not_overruled_by_it(scene: Scene) -> None:
    pause_jobs(scene, 501)
    interrupted = InterruptedResume(scene)

    interrupted.resume()

    assert interrupted.calls == 2
    assert scene.ledger.switch(CONNECTOR) == "paused"


class InterruptedResume:
    """A resume between whose two calls somebody turns the kill switch on again."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.calls = 0

    def resume(self) -> None:
        caller = self._scene.ledger._caller
        call = caller.call

        def between(name: str, parameters: dict[str, object]) -> dict[str, object]:
            if self.calls == 1:
                call("switch", {"connector": CONNECTOR, "to": "paused", "by": "boss"})
            self.calls += 1
            return call(name, parameters)

        caller.call = between  # type: ignore[method-assign]
        try:
            self._scene.resume()
        finally:
            caller.call = call  # type: ignore[method-assign]


def test_a_cancellation_keeps_no_pre_image_that_was_not_kept_before_the_action(scene: Scene) -> None:
    """It comes from the job then, where others may have written it."""
    job_id = scene.insert()
    scene.ledger.defer(scene.claim(job_id), timedelta(0), phase=Phase.ISSUED)
    lease = scene.claim(job_id)

    scene.ledger.begin(lease, pre_image={"requested": None}, purpose="withdraw", phase=Phase.CANCELLING)

    assert scene.client.get(keys.pre_image(lease.job_id)) is None


def test_a_cancellation_keeps_where_it_goes_beside_what_was_kept_before_the_action(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease, pre_image={"requested": None})
    scene.ledger.defer(lease, timedelta(0), phase=Phase.ISSUED)
    lease = scene.claim(lease.job_id)

    scene.ledger.begin(
        lease, pre_image={"requested": None, "server": "ex2"}, purpose="withdraw", phase=Phase.CANCELLING
    )

    assert json.loads(scene.client.get(keys.pre_image(lease.job_id)) or "") == {"requested": None, "server": "ex2"}
