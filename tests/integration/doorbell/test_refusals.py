"""A worker refuses to start where it could lose jobs: one line on standard error, and an exit code."""

from typing import Any

import pytest

from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.valkey import free_port


def test_a_volatile_ledger_is_refused(system: System) -> None:
    system.server.config_set("appendonly", "no")

    worker = system.worker(ready=False, EXCONN_LEDGER_DURABILITY="disk")

    assert worker.wait(WITHIN) == 4
    assert worker.log.read_text().count("\n") == 1
    assert "exconn discovery: the server at 127.0.0.1" in worker.log.read_text()
    assert "appendonly" in worker.log.read_text()


def test_a_volatile_ledger_is_accepted_when_that_is_allowed(system: System) -> None:
    system.server.config_set("appendonly", "no")

    system.worker(EXCONN_LEDGER_DURABILITY="volatile")

    assert system.settled(system.echo()).outcome == "succeeded"


@pytest.mark.parametrize("allowed", ["volatile", "disk", "confirmed"])
def test_an_evicting_ledger_is_refused_in_any_case(system: System, allowed: str) -> None:
    system.server.config_set("maxmemory-policy", "allkeys-lru")

    worker = system.worker(ready=False, EXCONN_LEDGER_DURABILITY=allowed)

    assert worker.wait(WITHIN) == 4
    assert worker.log.read_text().count("\n") == 1
    assert "noeviction" in worker.log.read_text()


@pytest.mark.parametrize("variable", ["EXCONN_BROKER_URL", "EXCONN_LEDGER_URL"])
def test_a_server_out_of_reach_is_said_without_its_password(system: System, variable: str) -> None:
    elsewhere: dict[str, Any] = {variable: f"redis://:hunter2@127.0.0.1:{free_port()}/0"}
    worker = system.worker(ready=False, **elsewhere)

    assert worker.wait(WITHIN) == 6
    assert worker.log.read_text().count("\n") == 1
    assert "no Redis or Valkey answers at 127.0.0.1" in worker.log.read_text()
    assert "hunter2" not in worker.log.read_text()


def test_a_failpoint_that_cannot_be_read_is_said(system: System) -> None:
    worker = system.worker(ready=False, EXCONN_FAILPOINTS="job.claimed=explode")

    assert worker.wait(WITHIN) == 2
    assert "unknown action 'explode'" in worker.log.read_text()
