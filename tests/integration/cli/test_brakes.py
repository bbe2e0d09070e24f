"""The emergency brake for every connector at once."""

from collections.abc import Iterator

import pytest

from exconn.keyspace import connect, keys
from tests.integration.cli.conftest import SOON, Operator, Services
from tests.support.machine.processes import wait_until
from tests.support.system.intake import install_connector


@pytest.fixture
def second(operator: Operator, services: Services) -> Iterator[str]:
    """One more connector that acts, and is known to the monitor."""
    name = f"south-{next(services.numbers)}"
    with connect(services.url) as client:
        install_connector(client, name)
    operator.ledger.resume(name, by="anna")

    def shown() -> bool:
        return name in {found["name"] for found in operator.monitor.json("/v1/connectors")["connectors"]}

    wait_until(shown, SOON, "the connector to be shown")
    yield name
    operator.ledger.pause(name, by="anna")


def test_pausing_all_stops_every_connector_and_says_how_each_goes_on(operator: Operator, second: str) -> None:
    ran = operator.exconn("brakes", "pause", "--all", "--reason", "strange requests")

    assert (ran.code, ran.err) == (0, "")
    assert {operator.ledger.switch(operator.connector), operator.ledger.switch(second)} == {"paused"}
    assert f"exconn brakes resume {second}" in ran.out


def test_connectors_paused_at_once_are_named_for_programs_and_for_pipes(operator: Operator, second: str) -> None:
    program = operator.exconn("brakes", "pause", "--all", "--json")
    pipe = operator.exconn("brakes", "pause", "--all", "--quiet")

    assert {answer["connector"]: answer["status"] for answer in program.json}[second] == "accepted"
    assert {operator.connector, second} <= set(pipe.out.split())


def test_connector_that_cannot_be_paused_is_named_and_the_others_are_paused(
    operator: Operator, second: str, services: Services
) -> None:
    with connect(services.url) as client:
        client.hset(keys.CONNECTORS, "broken", '{"state": "installed"}')
        never_applied = operator.exconn("brakes", "pause", "--all")
        client.hset(keys.CONNECTORS, "not a name", '{"state": "installed"}')
        client.hset(keys.revisions("not a name"), "1", "{}")
        broken = operator.exconn("brakes", "pause", "--all")
        client.hdel(keys.CONNECTORS, "broken", "not a name")
        client.delete(keys.revisions("not a name"))

    assert never_applied.code == 0
    assert broken.code not in (0, 130)
    assert "not a name is not known to be paused" in broken.err
    assert second in broken.out
    assert operator.ledger.switch(second) == "paused"


def test_naming_a_connector_and_all_is_refused_before_anything_happens(operator: Operator) -> None:
    ran = operator.exconn("brakes", "pause", operator.connector, "--all")

    assert ran.code == 2
    assert operator.ledger.switch(operator.connector) == "running"
