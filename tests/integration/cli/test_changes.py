"""A definition that widens or moves something: proposed by one person, shown to another and released by that one."""

from datetime import timedelta
from pathlib import Path

import pytest

from exconn.connector import ConnectorStore, sample_definition
from exconn.keyspace import connect
from exconn.signing import new_signing_key
from tests.integration.cli.conftest import Operator, Services, become
from tests.support.machine.processes import wait_until


@pytest.fixture
def rogue(operator: Operator, tmp_path: Path) -> Path:
    """The connector's definition, with its address moved."""
    file = tmp_path / "rogue.toml"
    file.write_text(sample_definition(operator.connector, url="https://rogue.example.net/PowerShell/"))
    return file


def address(operator: Operator, services: Services) -> str | None:
    with connect(services.url) as client:
        return ConnectorStore(client).definition(operator.connector).exchange.url


def test_address_moves_when_a_second_person_has_seen_and_released_it(
    operator: Operator, services: Services, rogue: Path
) -> None:
    applied = operator.exconn("connector", "apply", str(rogue))
    assert applied.code == 5, applied.err
    lines = [line.strip() for line in applied.out.splitlines()]
    change = operator.exconn("--json", "brakes", "show").json["changes"][-1]["id"]
    at = lines.index("exchange.url")
    assert lines[at + 1 : at + 3] == [
        "- https://mail.example.org/PowerShell/",
        "+ https://rogue.example.net/PowerShell/",
    ]

    shown = operator.exconn("brakes", "show")
    assert change in shown.out
    assert change in operator.exconn("connector", "show").out
    assert all(len(line) <= 80 for ran in (applied, shown) for line in ran.out.splitlines())

    own = operator.exconn("brakes", "release", change, "--yes")
    assert (own.code, address(operator, services)) == (4, "https://mail.example.org/PowerShell/")

    become(operator, services, "bert")
    released = operator.exconn("brakes", "release", change, "--yes")
    assert released.code == 0, released.err
    assert "+ https://rogue.example.net/PowerShell/" in released.out
    assert address(operator, services) == "https://rogue.example.net/PowerShell/"


def test_pending_change_is_given_up_by_anybody(operator: Operator, services: Services, rogue: Path) -> None:
    change = operator.exconn("--quiet", "connector", "apply", str(rogue)).out.strip()
    become(operator, services, "bert")

    assert operator.exconn("jobs", "cancel", change, "--yes").code == 0

    gone = operator.exconn("brakes", "release", change, "--yes")
    assert gone.code == 3
    assert f"{change} is not pending" in gone.err


def test_programs_get_the_differences(operator: Operator, rogue: Path) -> None:
    answer = operator.exconn("--json", "connector", "apply", str(rogue)).json

    [difference] = answer["details"]["differences"]
    assert difference["why"] == "moves_address"
    assert answer["details"]["change"] in [
        change["id"] for change in operator.exconn("--json", "brakes", "show").json["changes"]
    ]


def test_a_new_key_of_the_registry_is_shown_and_released_by_another_person(
    operator: Operator, services: Services
) -> None:
    carl, file = new_signing_key(), str(services.intake.requesters_file)
    added = ("requesters", "add", "carl", "--role", "approver", "--key", carl.public_text, "--file", file, "--yes")
    assert operator.exconn(*added).code == 0

    def waits() -> list[str]:
        found = operator.monitor.json("/v1/changes")["changes"]
        return [change["id"] for change in found if change["kind"] == "registry"]

    wait_until(lambda: bool(waits()), timedelta(seconds=20), "the change of the registry")
    [change] = waits()
    shown = operator.exconn("brakes", "show")
    assert change in shown.out
    assert "intake" in shown.out

    become(operator, services, "bert")
    released = operator.exconn("brakes", "release", change, "--yes")

    assert released.code == 0, released.err
    lines = [line.strip() for line in released.out.splitlines()]
    at = lines.index("requesters.carl.keys")
    assert lines[at + 1 : at + 3] == [f"+ {carl.id}", "a new key, which may release and resume later by itself"]
    assert "by itself, unless the registry is changed" in " ".join(released.out.split())
    assert f"{change} is released and in effect" in released.out
    assert waits() == []
    assert all(len(line) <= 80 for ran in (shown, released) for line in ran.out.splitlines())
