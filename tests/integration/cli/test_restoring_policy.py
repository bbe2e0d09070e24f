"""Removing a connector that first puts policy back: from typing to what Exchange has."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.contracts import Kind
from exconn.keyspace import connect, keys
from exconn.ledger import Outcome
from exconn.policy.apply_job import ApplyHandler
from exconn.signing import RegistryFile
from exconn.signing.registry_in_force import RegistryInForce
from tests.integration.cli.conftest import Operator, Services, running_services
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.policy_jobs import CONNECTOR, Governing, make_governing
from tests.support.machine.processes import ChildProcess, wait_until

STRICTER = "password_enabled = true\nwipe_after_failed_attempt = 8"
HARMLESS = "password_enabled = true\nminimum_password_length = 6"
SOON = timedelta(seconds=40)


@dataclass(frozen=True)
class Removing:
    """A governed connector, and somebody who types."""

    operator: Operator
    governing: Governing

    def values(self) -> dict[str, object]:
        return dict(self.governing.in_exchange().values)

    def apply(self, password: str) -> None:
        self.governing.define(password)
        job = self.governing.applied(self.governing.plan())
        assert job.outcome == Outcome.SUCCEEDED, job.data

    def remove(self) -> ChildProcess:
        """The command, with a policy worker beside it that does what there is to do."""
        typed = self.operator.start("connector", "remove", CONNECTOR, "--restore-policy", "--yes")

        def ended() -> bool:
            for job_id in self.governing.ledger.unsettled(CONNECTOR):
                self.governing.claim(job_id)
            return typed.exit_code is not None

        wait_until(ended, SOON, "the command to end")
        return typed

    @property
    def state(self) -> str:
        return self.governing.store.get(CONNECTOR).state


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = start_simulator(tmp_path_factory.mktemp("simulator"), devices=5)
    yield running
    running.close()


@pytest.fixture
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Each test has its own: all have the same connector."""
    with running_services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def removing(operator: Operator, services: Services, simulator: RunningSimulator, tmp_path: Path) -> Iterator[Removing]:
    simulator.start_anew(devices=5)
    with connect(services.url) as client:
        governing = make_governing(client, simulator, tmp_path)
        worker = governing.handlers[Kind.POLICY_APPLY]
        assert isinstance(worker, ApplyHandler)
        services.intake.register({**services.intake.keys, "operator": governing.key, "boss": governing.boss})
        registry = RegistryInForce(RegistryFile(services.intake.requesters_file), client)
        governing.handlers = {
            **governing.handlers,
            Kind.POLICY_APPLY: replace(worker, registry=registry),
        }
        yield Removing(operator, governing)
        governing.sessions.close()


def test_policy_is_put_back_and_then_the_connector_is_removed(removing: Removing) -> None:
    before = removing.values()
    removing.apply(HARMLESS)

    typed = removing.remove()

    said = typed.log.read_text()
    assert (typed.exit_code, removing.state) == (0, "removed"), said
    assert removing.values() == before
    assert "Policy applied and read back" in said
    assert not removing.governing.client.exists(keys.policy_applied(CONNECTOR))


def test_what_waits_for_a_second_person_leaves_the_connector_and_says_what_to_do(removing: Removing) -> None:
    removing.governing.change_in_exchange(MaxPasswordFailedAttempts=4)
    removing.apply(STRICTER)

    typed = removing.remove()

    said = typed.log.read_text()
    assert (typed.exit_code, removing.state) == (5, "installed"), said
    assert f"{CONNECTOR} was not removed, as its policy is not put back." in said
    assert removing.values()["MaxPasswordFailedAttempts"] == 8


def test_what_fails_leaves_the_connector(removing: Removing) -> None:
    removing.apply(HARMLESS)
    removing.governing.store.disarm(CONNECTOR, "policy", "anna")

    typed = removing.remove()

    said = typed.log.read_text()
    assert removing.state == "installed", said
    assert typed.exit_code != 0
    assert f"exconn connector arm {CONNECTOR} policy" in said
    assert removing.values()["MinPasswordLength"] == 6
