"""A real worker process: from the doorbell to the settled job, its queues, its signs of life, its end."""

import os
from datetime import timedelta

import pytest

from exconn.contracts import Kind, Service, WaitReason, doorbell_bytes, queue_of
from exconn.keyspace import keys
from exconn.ledger import NewJob, Outcome, Ring, State
from exconn.stream import Number, parse_message
from tests.integration.doorbell.conftest import WITHIN, House
from tests.support.machine.processes import wait_until


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_a_rung_job_is_claimed_worked_on_and_settled(house: House, pool: str) -> None:
    house.worker(pool=pool)

    job = house.settled(house.echo("hello"))

    assert job.outcome == Outcome.SUCCEEDED
    assert job.data["length"] == 5
    assert job.tries == 1


def test_a_job_rung_many_times_on_two_workers_is_worked_on_once(house: House) -> None:
    house.worker()
    house.worker()
    ring = house.insert("slow:0.5")

    house.bell.ring_all([ring] * 20, "one")

    job = house.settled(ring.job_id)
    wait_until(lambda: house.broker.llen(queue_of(Service.DISCOVERY, "one")) == 0, WITHIN, "an empty queue")
    assert (job.tries, job.epoch) == (1, 1)


def test_a_doorbell_for_a_job_that_nobody_knows_is_ignored(house: House) -> None:
    house.worker()
    unknown = Ring(job_id="echo-aaaaaaaaaaaaaaaa", kind=Kind.ECHO, service=Service.DISCOVERY, ring=1)

    house.bell.ring(unknown, "one")

    assert house.settled(house.echo()).outcome == Outcome.SUCCEEDED
    assert house.client.xlen(keys.DEAD_LETTERS) == 0


def test_a_doorbell_in_another_services_queue_does_not_touch_the_job(house: House) -> None:
    worker = house.worker()
    inserted = house.ledger.insert(
        NewJob(kind=Kind.WIPE, connector="one", service=Service.ACTIONS, payload="{}", idempotency_key="k")
    )
    forged = doorbell_bytes(inserted.job_id, Kind.ECHO, service=Service.DISCOVERY, connector="one", ring=1)

    house.broker.lpush(queue_of(Service.DISCOVERY, "one"), forged)

    worker.wait_until(lambda: "doorbell for another service" in worker.log.read_text(), WITHIN, "refusing")
    assert (house.job(inserted.job_id).state, house.job(inserted.job_id).tries) == (State.QUEUED, 0)


def test_handlers_are_made_once_a_process_and_after_the_fork(house: House) -> None:
    worker = house.worker(pool="prefork")

    house.settled(house.echo())
    house.settled(house.echo())

    made = [line for line in worker.log.read_text().splitlines() if "handlers made" in line]
    assert len(made) == 1
    assert f"pid={worker.pid}" not in made[0]


def test_an_unforeseen_error_defers_the_job_and_its_text_is_logged_nowhere(house: House) -> None:
    worker = house.worker()

    job = house.reaches(house.echo("fail"), State.WAITING)

    assert (job.reason, job.failures) == (WaitReason.UNEXPECTED_FAILURE, 1)
    assert job.data["said"] == "KeyError"
    assert job.due is not None
    assert job.due - house.ledger.time() > timedelta(seconds=2)
    assert "somebody@example.test" not in worker.log.read_text()
    assert "echo_worker.py" in worker.log.read_text()


def test_a_new_connector_is_heard_and_a_removed_one_is_not(house: House) -> None:
    worker = house.worker()
    house.connector("two")
    heard = house.settled(house.echo(connector="two"))

    house.connector("two", state="removed")
    worker.wait_until(lambda: "Canceling queue exconn.discovery.two" in worker.log.read_text(), WITHIN, "dropping two")
    unheard = house.echo(connector="two")
    house.settled(house.echo(connector="one"))

    assert heard.outcome == Outcome.SUCCEEDED
    assert house.job(unheard).state is State.QUEUED
    wait_until(lambda: house.broker.llen(queue_of(Service.DISCOVERY, "two")) == 1, WITHIN, "the bell in its queue")


def test_a_worker_started_before_any_connector_hears_the_first_one(house: House) -> None:
    house.client.delete(keys.CONNECTORS)
    house.worker()

    house.connector("first")

    assert house.settled(house.echo(connector="first")).outcome == Outcome.SUCCEEDED


def test_a_worker_says_that_it_lives_and_that_it_leaves(house: House) -> None:
    house.client.hset(keys.HEARTBEATS, "discovery/gone/1", "1000")
    worker = house.worker()

    beats = house.client.hgetall(keys.HEARTBEATS)

    assert list(beats) == [f"discovery/{os.uname().nodename}/{worker.pid}"]
    assert int(next(iter(beats.values()))) == pytest.approx(house.ledger.time().timestamp() * 1000, abs=30_000)
    assert worker.terminate() == 0
    assert house.client.hgetall(keys.HEARTBEATS) == {}


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_worker_told_to_stop_finishes_its_job_first(house: House, pool: str) -> None:
    worker = house.worker(pool=pool)
    job_id = house.echo("slow:1.5")
    house.reaches(job_id, State.CLAIMED)

    assert worker.terminate(timedelta(seconds=20)) == 0

    assert house.job(job_id).state is State.SETTLED
    assert house.job(job_id).tries == 1


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_told_to_stop_does_not_wait_for_ever(house: House, pool: str) -> None:
    worker = house.worker(pool=pool, EXCONN_STOP_WITHIN="500ms")
    job_id = house.echo("slow:60")
    house.reaches(job_id, State.CLAIMED)

    assert worker.terminate(timedelta(seconds=20)) == 0

    assert house.job(job_id).state is State.CLAIMED
    assert "stopped with jobs unfinished" in worker.log.read_text()


def test_a_long_job_keeps_its_lease(house: House) -> None:
    house.worker()

    job = house.reconciled(house.echo("slow:5"))

    assert (job.outcome, job.tries, job.crashes) == (Outcome.SUCCEEDED, 1, 0)
    numbers = [parse_message(at, fields).number for at, fields in house.client.xrange(keys.STATUS)]
    assert numbers == [Number.JOB_QUEUED, Number.JOB_CLAIMED, Number.JOB_SUCCEEDED]


def test_a_solo_worker_says_that_it_lives_while_a_job_runs(house: House) -> None:
    worker = house.worker(pool="solo")
    field = f"discovery/{os.uname().nodename}/{worker.pid}"
    job_id = house.echo("slow:20")
    house.reaches(job_id, State.CLAIMED)
    first = house.client.hget(keys.HEARTBEATS, field)

    wait_until(lambda: house.client.hget(keys.HEARTBEATS, field) != first, timedelta(seconds=10), "a further beat")

    assert house.job(job_id).state is State.CLAIMED
