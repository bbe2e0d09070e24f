"""The administrator audit log: changes are in it, looks are not, and reading it is a right apart."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import RunningSimulator

SEARCH = "Search-AdminAuditLog"
CLEAR = "Clear-MobileDevice"


@pytest.fixture
def auditor(sessions: Sessions, simulator: RunningSimulator) -> PypsrpSession:
    """A session that may read the log."""
    simulator.rights("discovery", also=[SEARCH])
    return sessions.open("discovery")


def test_a_change_is_in_the_log_with_its_caller_parameters_and_object(
    sessions: Sessions, simulator: RunningSimulator, auditor: PypsrpSession
) -> None:
    device = simulator.devices(limit=1)[0]
    session = sessions.open("actions")
    session.run("Get-MobileDevice", Identity=device["guid"])
    session.run(CLEAR, Identity=device["guid"], Confirm=False)

    (entry,) = auditor.run(SEARCH).records

    assert (entry["CmdletName"], entry["Caller"]) == (CLEAR, simulator.username("actions"))
    assert entry["ObjectModified"] == device["identity"]
    assert entry["Succeeded"] is True
    assert [e["cmdlet"] for e in simulator.control("GET", "/audit")["entries"]] == [CLEAR]
    assert ["Identity", device["guid"]] in simulator.control("GET", "/audit")["entries"][0]["parameters"]


def test_a_change_that_failed_is_in_the_log_as_failed(
    sessions: Sessions, simulator: RunningSimulator, auditor: PypsrpSession
) -> None:
    sessions.open("actions").run(CLEAR, Identity="11111111-2222-3333-4444-555555555555", Confirm=False)

    assert [e["Succeeded"] for e in auditor.run(SEARCH).records] == [False]
    assert auditor.run(SEARCH, IsSuccess=True).records == []
    assert len(auditor.run(SEARCH, IsSuccess=False).records) == 1


def test_the_log_is_searched_by_cmdlet_parameter_caller_date_and_number(
    sessions: Sessions, simulator: RunningSimulator, auditor: PypsrpSession
) -> None:
    session = sessions.open("actions")
    first, second = (device["guid"] for device in simulator.devices(limit=2))
    for guid, how in ((first, {}), (second, {}), (second, {"Cancel": True})):
        assert session.run(CLEAR, Identity=guid, Confirm=False, **how).errors == []
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    def found(**parameters: object) -> int:
        return len(auditor.run(SEARCH, **parameters).records)

    assert found() == found(Cmdlets=[CLEAR, "Set-CASMailbox"]) == 3
    assert found(Cmdlets=[CLEAR], Parameters=["Cancel"]) == 1
    assert found(Cmdlets="Set-CASMailbox") == found(StartDate=tomorrow) == found(UserIds="nobody@corp.example") == 0
    assert found(EndDate=tomorrow, UserIds=simulator.username("actions")) == 3
    assert found(ResultSize=2) == found(StartIndex=1) == 2
    assert "may only be used with the Cmdlets" in str(auditor.run(SEARCH, Parameters="Cancel").errors[0])
    assert "is no date" in str(auditor.run(SEARCH, StartDate="yesterday").errors[0])


def test_no_worker_may_read_the_log(sessions: Sessions) -> None:
    for account in ("discovery", "policy", "actions"):
        assert sessions.open(account).run("Get-Command", Name=SEARCH).output == []
