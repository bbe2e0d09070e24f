"""Killed and frozen processes with a job in their hands: the job is taken over, and ends once."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import wait_until
from tests.support.streams.records import messages_of

pytestmark = pytest.mark.faults

LONG = timedelta(seconds=45)


def numbers(system: System, job_id: str) -> list[int]:
    messages = messages_of(system.client)
    return [message.number for message in messages if message.job == job_id]


def group_is_gone(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_killed_child_loses_its_job_to_a_successor(system: System, tmp_path: Path) -> None:
    worker = system.worker(EXCONN_FAILPOINTS=f"job.claimed=kill@{tmp_path / 'once'}")

    job = system.reconciled(system.echo(), within=LONG)

    assert (job.outcome, job.tries, job.crashes) == (Outcome.SUCCEEDED, 2, 1)
    assert numbers(system, job.id).count(Number.WORKER_LOST) == 1
    assert worker.exit_code is None


def test_a_killed_worker_takes_its_children_along_and_another_one_finishes(system: System, tmp_path: Path) -> None:
    worker = system.worker(EXCONN_FAILPOINTS=f"job.claimed=kill-group@{tmp_path / 'once'}")
    job_id = system.echo()
    wait_until(lambda: worker.exit_code == -9, WITHIN, "the worker's end", logs=[worker.log])

    wait_until(lambda: group_is_gone(worker.pid), WITHIN, "the end of its children")
    system.worker()

    assert system.reconciled(job_id, within=LONG).outcome == Outcome.SUCCEEDED


def test_a_job_that_kills_every_worker_is_held(system: System) -> None:
    worker = system.worker(EXCONN_FAILPOINTS="job.claimed=kill")
    job_id = system.echo()

    def held() -> bool:
        system.bell.ring_all(system.ledger.doorbells_due("one"), "one")
        return system.job(job_id).state is State.HELD

    wait_until(held, LONG, "the job to be held", logs=[worker.log])
    assert system.job(job_id).reason == HoldReason.KILLS_ITS_WORKER


def test_a_frozen_worker_finds_its_lease_lost_and_writes_nothing(system: System, tmp_path: Path) -> None:
    worker = system.worker(EXCONN_FAILPOINTS=f"job.claimed=stop:5@{tmp_path / 'once'}", EXCONN_WORKER_CONCURRENCY="2")

    job = system.reconciled(system.echo(), within=LONG)

    assert (job.outcome, job.tries) == (Outcome.SUCCEEDED, 2)
    worker.wait_until(lambda: "decision not recorded, the lease is lost" in worker.log.read_text(), WITHIN, "waking")
    assert numbers(system, job.id).count(Number.JOB_SUCCEEDED) == 1


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_job_in_flight_survives_the_death_of_the_server(system: System, pool: str) -> None:
    worker = system.worker(pool=pool)
    job_id = system.echo("slow:1.5")
    system.reaches(job_id, State.CLAIMED)
    # Everysec: what was written in the last second may be gone with a machine, not with a killed process.
    system.server.kill()

    system.server.start()

    assert system.reconciled(job_id, within=LONG).outcome == Outcome.SUCCEEDED
    assert system.reconciled(system.echo(), within=LONG).outcome == Outcome.SUCCEEDED
    assert worker.exit_code is None


def test_a_doorbell_lost_with_the_worker_that_popped_it_is_rung_again(system: System, tmp_path: Path) -> None:
    worker = system.worker(EXCONN_FAILPOINTS=f"bell.popped=kill-group@{tmp_path / 'once'}")
    job_id = system.echo()
    wait_until(lambda: worker.exit_code == -9, WITHIN, "the worker's end", logs=[worker.log])
    system.worker()

    job = system.reconciled(job_id, within=LONG)

    assert (job.outcome, job.tries, job.crashes) == (Outcome.SUCCEEDED, 1, 0)


def test_a_decision_that_cannot_be_recorded_leaves_the_job_to_its_lease(system: System, tmp_path: Path) -> None:
    worker = system.worker(EXCONN_FAILPOINTS=f"action.before_settle=raise@{tmp_path / 'once'}")

    job = system.reconciled(system.echo(), within=LONG)

    assert (job.outcome, job.tries) == (Outcome.SUCCEEDED, 2)
    assert "job left to its lease" in worker.log.read_text()
