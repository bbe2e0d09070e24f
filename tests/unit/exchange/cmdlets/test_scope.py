"""A command goes only to an Exchange that can have it, by what is known of the one that a session talks to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from exconn.exchange import Batch, Command, ExchangeTarget, InvalidCommand, Session, Version, version_of


@pytest.mark.parametrize(
    ("shown", "version"),
    [
        ("Version 14.3 (Build 123.4)", "2010"),
        ("Version 15.0 (Build 1497.2)", "2013"),
        ("Version 15.1 (Build 2507.6)", "2016"),
        ("Version 15.2 (Build 986.5)", "2019"),
        ("Version 15.2 (Build 1544.4)", "2019"),
        ("Version 15.2 (Build 2562.17)", "SE"),
        ("15.2 (Build 2562.17)", "SE"),
        ("Version 8.3 (Build 83.6)", None),
        ("Version 16.0 (Build 1.1)", None),
        ("", None),
        ("Version 15.2", None),
    ],
)
def test_the_version_is_read_from_what_servers_show(shown: str, version: Version | None) -> None:
    assert version_of(shown) == version


class Wire:
    """A way to Exchange that remembers what was sent and answers with given records."""

    server = "ex1.corp.example"
    session_id = "SHELL"
    idle_limit: timedelta | None = None
    answering_server = ""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.sent: list[Command] = []
        self._records = list(records)

    def open(self) -> None:
        """Nothing to open."""

    def run(self, command: Command) -> Iterator[Batch]:
        self.sent.append(command)
        yield Batch([*self._records])

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("target", "command", "named"),
    [
        pytest.param({"hosted": True}, Command("Get-ExchangeServer"), None, id="servers of a hosted Exchange"),
        pytest.param({"hosted": True}, Command("Set-ADServerSettings", {"ViewEntireForest": True}), None,
                     id="forest of a hosted Exchange"),
        pytest.param({"hosted": True}, Command("Get-MobileDevice", {"DomainController": "dc1"}), "DomainController",
                     id="domain controller of a hosted Exchange"),
        pytest.param({"hosted": False}, Command("Get-EXOCasMailbox"), None, id="cmdlet of Exchange Online only"),
        pytest.param({"hosted": False}, Command("Get-MobileDeviceStatistics", {"Identity": "x",
                     "UseCustomRouting": True}), "UseCustomRouting", id="parameter of Exchange Online only"),
        pytest.param({"hosted": False, "version": "2010"}, Command("Get-MobileDevice"), None, id="newer on 2010"),
        pytest.param({"hosted": False, "version": "2010"}, Command("Set-CASMailbox", {"Identity": "x",
                     "ResetAutoBlockedDevices": True}), "ResetAutoBlockedDevices", id="newer parameter on 2010"),
        pytest.param({"hosted": False, "version": "2013"}, Command("Clear-MobileDevice", {"Identity": "x",
                     "AccountOnly": True}), "AccountOnly", id="account-only wipe on 2013"),
        pytest.param({"hosted": False, "version": "SE"}, Command("Set-CASMailbox", {"Identity": "x",
                     "HasActiveSyncDevicePartnership": True}), "HasActiveSyncDevicePartnership", id="older parameter"),
    ],
)  # fmt: skip
def test_what_the_other_side_can_not_have_is_not_sent(
    target: dict[str, Any], command: Command, named: str | None
) -> None:
    wire = Wire()
    session = Session(wire, **target)

    with pytest.raises(InvalidCommand) as caught:
        session.run(command)

    assert (caught.value.cmdlet, caught.value.parameter) == (command.cmdlet, named)
    assert str(ExchangeTarget(**target)) in caught.value.rule
    assert wire.sent == []
    assert session.usable


def test_a_session_learns_the_version_of_its_server_from_the_list_of_servers() -> None:
    wire = Wire(
        {"Name": "EX2", "Fqdn": "ex2.corp.example", "AdminDisplayVersion": "Version 15.2 (Build 986.5)"},
        {"Name": "EX1", "Fqdn": "EX1.corp.example", "AdminDisplayVersion": "Version 14.3 (Build 123.4)"},
    )
    session = Session(wire, hosted=False)
    session.run(Command("Get-MobileDevice"))

    session.servers()

    with pytest.raises(InvalidCommand, match="Exchange 2010 does not have it"):
        session.run(Command("Get-MobileDevice"))


def test_a_hosted_session_leaves_domain_controllers_out() -> None:
    wire = Wire({"Name": "Get-MobileDevice"})
    session = Session(wire, hosted=True)

    session.clear_device("11111111-2222-3333-4444-555555555555", domain_controller="dc1.corp.example")

    assert "DomainController" not in wire.sent[-1].parameters
    assert wire.sent[-1].cmdlet == "Clear-MobileDevice"
