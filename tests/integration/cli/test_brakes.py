"""The emergency brake for every connector at once."""

from collections.abc import Iterator

import pytest

from exconn.keyspace import connect, keys
from tests.integration.cli.conftest import SOON, Backstage, Desk
from tests.support.machine.processes import wait_until
from tests.support.system.intake import install_connector


@pytest.fixture
def second(desk: Desk, backstage: Backstage) -> Iterator[str]:
    """One more connector that acts, and is known to the monitor."""
    name = f"south-{next(backstage.numbers)}"
    with connect(backstage.url) as client:
        install_connector(client, name)
    desk.ledger.resume(name, by="anna")

    def shown() -> bool:
        return name in {found["name"] for found in desk.monitor.json("/v1/connectors")["connectors"]}

    wait_until(shown, SOON, "the connector to be shown")
    yield name
    desk.ledger.pause(name, by="anna")


def test_pausing_all_stops_every_connector_and_says_how_each_goes_on(desk: Desk, second: str) -> None:
    ran = desk.exconn("brakes", "pause", "--all", "--reason", "strange requests")

    assert (ran.code, ran.err) == (0, "")
    assert {desk.ledger.switch(desk.connector), desk.ledger.switch(second)} == {"paused"}
    assert f"exconn brakes resume {second}" in ran.out


def test_connectors_paused_at_once_are_named_for_programs_and_for_pipes(desk: Desk, second: str) -> None:
    program = desk.exconn("brakes", "pause", "--all", "--json")
    pipe = desk.exconn("brakes", "pause", "--all", "--quiet")

    assert {answer["connector"]: answer["status"] for answer in program.json}[second] == "accepted"
    assert {desk.connector, second} <= set(pipe.out.split())


def test_connector_that_cannot_be_paused_is_named_and_the_others_are_paused(
    desk: Desk, second: str, backstage: Backstage
) -> None:
    with connect(backstage.url) as client:
        client.hset(keys.CONNECTORS, "broken", '{"state": "removed"}')
        removed = desk.exconn("brakes", "pause", "--all")
        client.hset(keys.CONNECTORS, "broken", '{"state": "?"}')
        broken = desk.exconn("brakes", "pause", "--all")
        client.hdel(keys.CONNECTORS, "broken")

    assert removed.code == 0
    assert broken.code not in (0, 130)
    assert "broken is not known to be paused" in broken.err
    assert second in broken.out
    assert desk.ledger.switch(second) == "paused"


def test_naming_a_connector_and_all_is_refused_before_anything_happens(desk: Desk) -> None:
    ran = desk.exconn("brakes", "pause", desk.connector, "--all")

    assert ran.code == 2
    assert desk.ledger.switch(desk.connector) == "running"
