"""A person acknowledges what the monitor has found about the record, in the way that status says."""

import pytest

from exconn.keyspace import connect, keys
from exconn.stream import Number
from tests.integration.cli.conftest import SOON, Operator, Services
from tests.support.machine.processes import wait_until


@pytest.fixture
def command(operator: Operator, services: Services) -> str:
    """A number is missing: the command that the list of problems names for it."""
    with connect(services.url) as client:
        client.incr(keys.SEQUENCE)
    operator.ledger.announce(Number.INSTALLED, connector=operator.connector, by="test")
    found: list[str] = []

    def shown() -> bool:
        listed = operator.exconn("problems", "list", "--json").json["problems"]
        found[:] = [problem["command"] for problem in listed if problem["code"] == "records_missing"]
        return bool(found)

    wait_until(shown, SOON, "the gap to be found")
    return found[0]


def test_the_command_that_status_names_takes_the_finding_off_the_list(operator: Operator, command: str) -> None:
    assert f"    {command}" in operator.exconn("status").out.splitlines()

    ran = operator.exconn(*command.split()[1:], "--reason", "trimmed by hand", "--yes", "--json")

    assert (ran.code, ran.err, ran.json["state"]) == (0, "", "acknowledged")
    wait_until(lambda: command not in operator.exconn("status").out, SOON, "the finding to leave the list")
    listed = operator.exconn("problems", "list", "--acknowledged", "--json").json["acknowledged"]
    assert (listed[0]["finding"], listed[0]["by"], listed[0]["because"]) == (
        command.split()[-1],
        "anna",
        "trimmed by hand",
    )
    assert operator.exconn(*command.split()[1:], "--reason", "again", "--yes").code == 3


def test_a_finding_that_does_not_stand_is_not_found_and_no_reason_is_bad_input(
    operator: Operator, command: str
) -> None:
    words = command.split()[1:]

    assert operator.exconn(*words[:-1], "1000000-1000001", "--reason", "why", "--yes").code == 3
    assert operator.exconn(*words[:-2], "actions_held", words[-1], "--reason", "why", "--yes").code == 3
    assert operator.exconn(*words, "--reason", " ", "--yes").code == 2
    assert operator.exconn(*words, "--yes").code == 2
