"""What an account's roles hide does not exist in the sessions that are opened from then on."""

import json
from pathlib import Path

import pytest

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator, running_simulator

CLEAR = "Clear-MobileDevice"


def test_a_parameter_that_was_taken_is_unknown_and_not_listed(sessions: Sessions, simulator: RunningSimulator) -> None:
    simulator.rights("actions", without=[f"{CLEAR} -Cancel"])
    session = sessions.open()
    guid = simulator.devices(limit=1)[0]["guid"]

    (error,) = session.run(CLEAR, Identity=guid, Cancel=True, Confirm=False).errors

    assert "A parameter cannot be found that matches parameter name 'Cancel'." in str(error)
    assert simulator.oracle(CLEAR) == []


def test_a_cmdlet_that_was_taken_is_unknown_in_sessions_opened_later(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    before = sessions.open()
    simulator.rights("actions", without=["Clear-*"])
    after = sessions.open()

    assert len(before.run("Get-Command", Name=CLEAR).output) == 1
    assert after.run("Get-Command", Name=CLEAR).output == []


def test_rights_come_back_and_another_account_keeps_its_own(sessions: Sessions, simulator: RunningSimulator) -> None:
    simulator.rights("discovery", without=["Get-MobileDevice"])
    assert len(sessions.open("actions").run("Get-Command", Name="Get-MobileDevice").output) == 1
    assert sessions.open("discovery").run("Get-Command", Name="Get-MobileDevice").output == []

    simulator.control("DELETE", "/roles/discovery")

    assert len(sessions.open("discovery").run("Get-Command", Name="Get-MobileDevice").output) == 1


def test_a_cmdlet_that_is_not_simulated_can_be_shown_and_not_run(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    simulator.rights("actions", also=["Remove-Mailbox"])
    session = sessions.open()

    assert len(session.run("Get-Command", Name="Remove-Mailbox").output) == 1
    assert "is not recognized as the name of a cmdlet" in str(session.run("Remove-Mailbox").errors[0])


@pytest.mark.parametrize(
    ("account", "order", "status"),
    [
        ("nobody", {"without": ["Clear-*"]}, 404),
        ("actions", {"without": ["Clear-Everything"]}, 400),
        ("actions", {"without": "Clear-*"}, 400),
        ("actions", {"with": []}, 400),
    ],
)
def test_an_order_that_means_nothing_is_refused(
    simulator: RunningSimulator, account: str, order: dict[str, object], status: int
) -> None:
    with pytest.raises(ControlRefused) as refused:
        simulator.control("POST", f"/roles/{account}", order)

    assert refused.value.status == status
    assert refused.value.answer["remedy"]


def test_the_accounts_file_may_take_rights_away(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    entry = {"username": "me@corp.example", "password": "secret", "role": "all", "without": ["Clear-*"]}
    users.write_text(json.dumps({"me": entry}))

    with running_simulator(tmp_path, devices=1, users=users) as simulator:
        assert simulator.control("GET", "/roles")["accounts"]["me"]["without"] == ["Clear-*"]
