"""Claim, work, record: on a real ledger, in this process."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from exconn.contracts import HoldReason, Kind, Service, WaitReason
from exconn.contracts.work import Echo
from exconn.doorbell import AwaitChildren, Decision, Defer, Hold, JobTask, Running, Settle
from exconn.keyspace import connect, keys
from exconn.ledger import Inserted, Job, LeaseLostError, Ledger, NewJob, Outcome, Ring, State, Wait
from exconn.stream import Number
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import messages_of

LEASE = timedelta(seconds=1)


@pytest.fixture
def ledger(redis_client: redis.Redis) -> Ledger:
    return Ledger(redis_client, lease=LEASE)


def insert(ledger: Ledger, *, payload: str | None = None, kind: Kind = Kind.ECHO) -> str:
    new = NewJob(
        kind=kind,
        connector="one",
        service=Service.DISCOVERY,
        payload=Echo().model_dump_json() if payload is None else payload,
        idempotency_key=uuid.uuid4().hex,
    )
    return ledger.insert(new).job_id


def run(ledger: Ledger, job_id: str, handler: Callable[[Running], Decision]) -> str:
    return JobTask(ledger, {Kind.ECHO: handler}, worker="w", rings=lambda *_: None)(job_id)


def found(ledger: Ledger, job_id: str) -> Job:
    job = ledger.job(job_id)
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("decision", "state", "word"),
    [
        (Settle(Outcome.SUCCEEDED), State.SETTLED, "settled succeeded"),
        (Settle("failed", data={"reason": "no"}), State.SETTLED, "settled failed"),
        (Defer(timedelta(minutes=1), reason=WaitReason.DEVICE_SILENT), State.WAITING, "waiting"),
        (Hold(HoldReason.NO_MAILBOX), State.HELD, "held"),
        (AwaitChildren(), State.WAITING, "waiting for parts"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_decision_is_recorded(ledger: Ledger, decision: Decision, state: State, word: str) -> None:
    job_id = insert(ledger)

    def handler(running: Running) -> Decision:
        if isinstance(decision, AwaitChildren):
            running.restart_list()
        return decision

    assert run(ledger, job_id, handler) == word
    assert found(ledger, job_id).state is state


@pytest.mark.parametrize("decision", [Settle(Outcome.SUCCEEDED, phase="sent"), Defer(timedelta(0), phase="sent")])
def test_a_decision_that_the_ledger_refuses_is_held_for_a_person(ledger: Ledger, decision: Decision) -> None:
    job_id = insert(ledger)

    assert run(ledger, job_id, lambda _: decision) == "held"

    held = found(ledger, job_id)
    assert held.reason == HoldReason.UNEXPECTED_FAILURES
    assert str(held.data["said"]).startswith("IllegalMoveError: ")


def test_the_fields_of_a_decision_reach_the_status_stream(ledger: Ledger, redis_client: redis.Redis) -> None:
    job_id = insert(ledger)

    run(ledger, job_id, lambda _: Settle(Outcome.SUCCEEDED, "", Number.SWEEP_FINISHED, {"devices": 3}))

    message = messages_of(redis_client)[-1]
    assert (message.number, message.data["devices"]) == (Number.SWEEP_FINISHED, 3)


def test_a_job_that_another_worker_has_is_left_alone(ledger: Ledger) -> None:
    job_id = insert(ledger)
    ledger.claim(job_id, "other")

    assert run(ledger, job_id, lambda _: Settle(Outcome.SUCCEEDED)) == "not to be had"
    assert found(ledger, job_id).state is State.CLAIMED


@pytest.mark.parametrize("payload", ["{}x", '{"kind": "echo", "more": 1}', '{"kind": "wipe"}'])
def test_a_payload_that_is_not_understood_is_held_without_repeating_it(ledger: Ledger, payload: str) -> None:
    job_id = insert(ledger, payload=payload)

    assert run(ledger, job_id, lambda _: Settle(Outcome.SUCCEEDED)) == "held"
    held = found(ledger, job_id)
    assert held.reason == HoldReason.UNREADABLE_PAYLOAD
    assert (held.data["kind"], payload in str(held.data)) == ("echo", False)


def test_a_doorbell_for_a_kind_of_another_service_claims_nothing(ledger: Ledger) -> None:
    job_id = insert(ledger, kind=Kind.WIPE)

    assert run(ledger, job_id, lambda _: Settle(Outcome.SUCCEEDED)) == "not ours"
    assert found(ledger, job_id).tries == 0


@pytest.mark.slow
def test_a_handler_may_take_longer_than_the_lease(ledger: Ledger) -> None:
    job_id = insert(ledger)

    def handler(running: Running) -> Decision:
        started = time.monotonic()
        wait_until(lambda: time.monotonic() - started > 2.5, timedelta(seconds=5), "two leases and a half")
        running.surely_held()
        return Settle(Outcome.SUCCEEDED)

    assert run(ledger, job_id, handler) == "settled succeeded"
    assert found(ledger, job_id).epoch == 1


@pytest.mark.slow
def test_a_lost_lease_is_noticed_long_before_it_would_have_run_out(redis_client: redis.Redis) -> None:
    ledger = Ledger(redis_client, lease=timedelta(seconds=6))
    job_id = insert(ledger)
    seen = []

    def handler(running: Running) -> Decision:
        running.surely_held()
        # As if the ledger had given the job to somebody else.
        redis_client.hset(keys.job(job_id), "token", "somebody-elses")
        wait_until(lambda: running.lease.left() < timedelta(0), timedelta(seconds=3), "the renewer to notice")
        try:
            running.surely_held()
        except LeaseLostError as exc:
            seen.append(exc.call)
            raise
        return Settle(Outcome.SUCCEEDED)

    assert run(ledger, job_id, handler) == "left"
    assert seen == ["send"]
    assert found(ledger, job_id).state is State.CLAIMED


def test_a_worker_whose_lease_nearly_ran_out_does_not_send(ledger: Ledger) -> None:
    job_id = insert(ledger)

    def handler(running: Running) -> Decision:
        running.lease.deadline = time.monotonic() + (LEASE / 3).total_seconds() - 0.05
        running.surely_held()
        return Settle(Outcome.SUCCEEDED)

    assert run(ledger, job_id, handler) == "left"


def test_a_child_carries_its_parent_and_is_rung(ledger: Ledger) -> None:
    job_id = insert(ledger)
    rung: list[tuple[Ring, str]] = []
    children: list[Inserted] = []

    def handler(running: Running) -> Decision:
        new = NewJob(
            kind=Kind.ECHO,
            connector="one",
            service=Service.DISCOVERY,
            payload=Echo().model_dump_json(),
            idempotency_key="child",
            generation=running.restart_list(),
        )
        children.append(running.child(new))
        return AwaitChildren()

    JobTask(ledger, {Kind.ECHO: handler}, worker="w", rings=lambda ring, name: rung.append((ring, name)))(job_id)

    child = found(ledger, children[0].job_id)
    assert child.parent == job_id
    assert [(ring.job_id, name) for ring, name in rung] == [(child.id, "one")]
    assert found(ledger, job_id).wait == Wait.CHILDREN


def test_an_echo_job_is_done_without_a_handler_of_ones_own(ledger: Ledger) -> None:
    job_id = insert(ledger)

    assert JobTask(ledger, {}, worker="w", rings=lambda *_: None)(job_id) == "settled succeeded"


@pytest.mark.parametrize("is_known", [True, False], ids=["marked before the claim", "marked while it ran"])
def test_a_deferral_is_cut_short_only_for_a_cancellation_that_the_handler_did_not_see(
    ledger: Ledger, is_known: bool
) -> None:
    job_id = insert(ledger)

    def begin_and_go_on(running: Running) -> Decision:
        running.begin(phase="")
        if is_known:
            return Defer(timedelta(0))
        return mark_and_wait(running)

    def mark_and_wait(running: Running) -> Decision:
        if not running.job.cancel:
            ledger.cancel(running.job.id, by="operator")
        return Defer(timedelta(minutes=5), reason=WaitReason.UNREACHABLE)

    run(ledger, job_id, begin_and_go_on)
    if is_known:
        ledger.cancel(job_id, by="operator")
        run(ledger, job_id, mark_and_wait)

    due = found(ledger, job_id).due
    assert due is not None
    wait = due - ledger.time()
    assert wait > timedelta(minutes=4) if is_known else wait <= timedelta(seconds=1)


@pytest.mark.parametrize("field", ["v", "payload_v"], ids=["hash", "payload"])
def test_a_job_of_a_newer_version_is_left_to_its_workers_and_that_is_said_once(
    ledger: Ledger, redis_client: redis.Redis, field: str
) -> None:
    job_id = insert(ledger)
    redis_client.hset(keys.job(job_id), field, "3")
    before = redis_client.hgetall(keys.job(job_id))
    task = JobTask(ledger, {}, worker="w", rings=lambda *_: None)

    words = [task(job_id), task(job_id)]

    assert words == ["newer", "newer"]
    assert redis_client.hgetall(keys.job(job_id)) == before
    messages = messages_of(redis_client)
    assert [message.number for message in messages] == [Number.JOB_QUEUED, Number.JOB_NEWER]
    assert job_id in messages[-1].text


@pytest.mark.slow
def test_what_was_done_is_recorded_after_an_outage_that_was_longer_than_the_lease(tmp_path: Path) -> None:
    # Killed with `everysec`, it could come back without the claim, where its disk was busy.
    with RestartableValkey(tmp_path, appendfsync="always") as server:
        ledger = Ledger(connect(server.url), lease=timedelta(milliseconds=300))
        job_id = insert(ledger)
        ended: list[str] = []
        died = threading.Event()

        def handler(running: Running) -> Decision:
            server.kill()
            died.set()
            wait_until(lambda: running.lease.left() < timedelta(0), timedelta(seconds=3), "the lease to run out")
            return Settle(Outcome.SUCCEEDED)

        worker = threading.Thread(target=lambda: ended.append(run(ledger, job_id, handler)))
        worker.start()
        assert died.wait(5.0)
        worker.join(1.0)  # it has nobody to tell
        assert not ended
        server.start()
        worker.join(5.0)

        assert ended == ["settled succeeded"]
        assert found(ledger, job_id).crashes == 0
