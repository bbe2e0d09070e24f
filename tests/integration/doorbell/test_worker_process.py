"""A real worker process: from the doorbell to the settled job, its queues, its signs of life, its end."""

import os
from datetime import timedelta

import pytest

from exconn.contracts import Kind, Service, WaitReason, doorbell_bytes, queue_of
from exconn.keyspace import keys
from exconn.ledger import NewJob, Outcome, Ring, State
from exconn.stream import Number
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import wait_until
from tests.support.streams.records import messages_of


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_a_rung_job_is_claimed_worked_on_and_settled(system: System, pool: str) -> None:
    system.worker(pool=pool)

    job = system.settled(system.echo("hello"))

    assert job.outcome == Outcome.SUCCEEDED
    assert job.data["length"] == 5
    assert job.tries == 1


def test_a_job_rung_many_times_on_two_workers_is_worked_on_once(system: System) -> None:
    system.worker()
    system.worker()
    ring = system.insert("slow:0.5")

    system.bell.ring_all([ring] * 20, "one")

    job = system.settled(ring.job_id)
    wait_until(lambda: system.broker.llen(queue_of(Service.DISCOVERY, "one")) == 0, WITHIN, "an empty queue")
    assert (job.tries, job.epoch) == (1, 1)


def test_a_doorbell_for_a_job_that_nobody_knows_is_ignored(system: System) -> None:
    system.worker()
    unknown = Ring(job_id="echo-aaaaaaaaaaaaaaaa", kind=Kind.ECHO, service=Service.DISCOVERY, ring=1)

    system.bell.ring(unknown, "one")

    assert system.settled(system.echo()).outcome == Outcome.SUCCEEDED
    assert system.client.xlen(keys.DEAD_LETTERS) == 0


def test_a_doorbell_in_another_services_queue_does_not_touch_the_job(system: System) -> None:
    worker = system.worker()
    inserted = system.ledger.insert(
        NewJob(kind=Kind.WIPE, connector="one", service=Service.ACTIONS, payload="{}", idempotency_key="k")
    )
    forged = doorbell_bytes(inserted.job_id, Kind.ECHO, service=Service.DISCOVERY, connector="one", ring=1)

    system.broker.lpush(queue_of(Service.DISCOVERY, "one"), forged)

    worker.wait_until(lambda: "doorbell for another service" in worker.log.read_text(), WITHIN, "refusing")
    assert (system.job(inserted.job_id).state, system.job(inserted.job_id).tries) == (State.QUEUED, 0)


def test_handlers_are_made_once_a_process_and_after_the_fork(system: System) -> None:
    worker = system.worker(pool="prefork")

    system.settled(system.echo())
    system.settled(system.echo())

    made = [line for line in worker.log.read_text().splitlines() if "handlers made" in line]
    assert len(made) == 1
    assert f"pid={worker.pid}" not in made[0]


def test_an_unforeseen_error_defers_the_job_and_its_text_is_logged_nowhere(system: System) -> None:
    worker = system.worker()

    job = system.reaches(system.echo("fail"), State.WAITING)

    assert (job.reason, job.failures) == (WaitReason.UNEXPECTED_FAILURE, 1)
    assert job.data["said"] == "KeyError"
    assert job.due is not None
    assert job.due - system.ledger.time() > timedelta(seconds=2)
    assert "somebody@example.test" not in worker.log.read_text()
    assert "echo_worker.py" in worker.log.read_text()


def test_a_new_connector_is_heard_and_a_removed_one_is_not(system: System) -> None:
    worker = system.worker()
    system.connector("two")
    heard = system.settled(system.echo(connector="two"))

    system.connector("two", state="removed")
    worker.wait_until(lambda: "Canceling queue exconn.discovery.two" in worker.log.read_text(), WITHIN, "dropping two")
    unheard = system.echo(connector="two")
    system.settled(system.echo(connector="one"))

    assert heard.outcome == Outcome.SUCCEEDED
    assert system.job(unheard).state is State.QUEUED
    wait_until(lambda: system.broker.llen(queue_of(Service.DISCOVERY, "two")) == 1, WITHIN, "the bell in its queue")


def test_a_worker_started_before_any_connector_hears_the_first_one(system: System) -> None:
    system.client.delete(keys.CONNECTORS)
    system.worker()

    system.connector("first")

    assert system.settled(system.echo(connector="first")).outcome == Outcome.SUCCEEDED


def test_a_worker_says_that_it_lives_and_that_it_leaves(system: System) -> None:
    system.client.hset(keys.HEARTBEATS, "discovery/gone/1", "1000")
    worker = system.worker()

    beats = system.client.hgetall(keys.HEARTBEATS)

    assert list(beats) == [f"discovery/{os.uname().nodename}/{worker.pid}"]
    assert int(next(iter(beats.values()))) == pytest.approx(system.ledger.time().timestamp() * 1000, abs=30_000)
    assert worker.terminate() == 0
    assert system.client.hgetall(keys.HEARTBEATS) == {}


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_worker_told_to_stop_finishes_its_job_first(system: System, pool: str) -> None:
    worker = system.worker(pool=pool)
    job_id = system.echo("slow:1.5")
    system.reaches(job_id, State.CLAIMED)

    assert worker.terminate(timedelta(seconds=20)) == 0

    assert system.job(job_id).state is State.SETTLED
    assert system.job(job_id).tries == 1


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_told_to_stop_does_not_wait_for_ever(system: System, pool: str) -> None:
    worker = system.worker(pool=pool, EXCONN_STOP_WITHIN="500ms")
    job_id = system.echo("slow:60")
    system.reaches(job_id, State.CLAIMED)

    assert worker.terminate(timedelta(seconds=20)) == 0

    assert system.job(job_id).state is State.CLAIMED
    assert "stopped with jobs unfinished" in worker.log.read_text()


def test_a_long_job_keeps_its_lease(system: System) -> None:
    system.worker()

    job = system.reconciled(system.echo("slow:5"))

    assert (job.outcome, job.tries, job.crashes) == (Outcome.SUCCEEDED, 1, 0)
    numbers = [message.number for message in messages_of(system.client)]
    assert numbers == [Number.JOB_QUEUED, Number.JOB_CLAIMED, Number.JOB_SUCCEEDED]


def test_a_solo_worker_says_that_it_lives_while_a_job_runs(system: System) -> None:
    worker = system.worker(pool="solo")
    field = f"discovery/{os.uname().nodename}/{worker.pid}"
    job_id = system.echo("slow:20")
    system.reaches(job_id, State.CLAIMED)
    first = system.client.hget(keys.HEARTBEATS, field)

    wait_until(lambda: system.client.hget(keys.HEARTBEATS, field) != first, timedelta(seconds=10), "a further beat")

    assert system.job(job_id).state is State.CLAIMED
