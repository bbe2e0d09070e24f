"""A worker counts as healthy while doorbells come through to those who do the work, and only then."""

import os
import signal
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.contracts import Service, canary_queue
from exconn.health.app import problem_at_ledger
from exconn.keyspace import keys
from exconn.ledger import State
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import ChildProcess, wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.network.proxy import Proxy

#: Health checks of this test expect a proof that is no older; the worker beats ten times as fast as usual.
LATELY = timedelta(seconds=3)
BEATS: dict[str, Any] = {"ECHO_BEAT": "0.5"}
HOST = socket.gethostname()


def problem(system: System) -> str:
    return problem_at_ledger(system.client, HOST, LATELY)


def wait_for(system: System, wanted: str) -> None:
    """Until the health check's word begins as wanted; the empty word is health."""

    def said() -> bool:
        word = problem(system)
        return word.startswith(wanted) if wanted else word == ""

    wait_until(said, WITHIN, f"the health check to say {wanted!r}", logs=system.processes.logs)


def child_of(worker: ChildProcess) -> int:
    """The process id of the one child of a worker's pool."""
    (child,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text(encoding="ascii").split()
    return int(child)


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_a_worker_without_connectors_and_jobs_proves_that_doorbells_come_through(system: System, pool: str) -> None:
    system.client.delete(keys.CONNECTORS)

    system.worker(pool=pool, **BEATS)

    wait_for(system, "")
    assert system.client.xlen(keys.STATUS) == system.client.xlen(keys.DEAD_LETTERS) == 0


def test_a_worker_whose_only_child_stands_still_beats_on_and_is_not_healthy_until_it_goes_on(system: System) -> None:
    worker = system.worker(**BEATS)
    wait_for(system, "")
    child = child_of(worker)

    os.kill(child, signal.SIGSTOP)
    wait_for(system, "no doorbell came through")
    os.kill(child, signal.SIGCONT)

    wait_for(system, "")


def test_a_worker_that_lives_and_hears_no_queue_is_not_healthy_and_its_canaries_do_not_pile_up(system: System) -> None:
    worker = system.worker(**BEATS)
    wait_for(system, "")
    queue = canary_queue(Service.DISCOVERY, f"{HOST}/{worker.pid}")

    worker.signal(signal.SIGUSR1)
    wait_for(system, "no doorbell came through")

    wait_until(lambda: 0 < system.broker.pttl(queue) <= 60_000, WITHIN, "a canary that goes by itself")
    assert system.broker.llen(queue) == 1
    assert worker.exit_code is None


def test_a_worker_busy_with_one_long_job_is_healthy(system: System) -> None:
    system.worker(**BEATS)
    job_id = system.echo("slow:90")
    system.reaches(job_id, State.CLAIMED)
    later = system.ledger.time() + 2 * LATELY

    wait_until(lambda: system.ledger.time() > later, WITHIN, "any earlier proof to be too old")

    wait_for(system, "")
    assert system.job(job_id).state is State.CLAIMED


def test_a_worker_without_its_broker_is_not_healthy_until_the_broker_is_back(
    system: System, restartable_valkey: RestartableValkey
) -> None:
    with Proxy(restartable_valkey.port) as proxy:
        system.worker(EXCONN_BROKER_URL=proxy.url, **BEATS)
        wait_for(system, "")

        proxy.refuse()
        wait_for(system, "the process was not heard of")
        proxy.refuse(refusing=False)

        wait_for(system, "")
