"""Settings, accounts, list edits and filters."""

import json
import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from exconn.simulator.cmdlets.lists import edited
from exconn.simulator.organization.accounts import (
    AccountsFileError,
    SimulatedAccounts,
    generate_accounts,
    read_accounts,
    write_password,
)
from exconn.simulator.organization.roles import UnknownEntry, Visibility, read_entry
from exconn.simulator.phones.beliefs import Beliefs
from exconn.simulator.settings import SimulatorSettings
from tests.support.machine.processes import wait_until


@pytest.mark.parametrize(
    ("text", "seconds"), [("8s", 8), ("500ms", 0.5), ("0.3s", 0.3), ("15m", 900), ("1h", 3600), ("PT2S", 2)]
)
def test_durations_have_units(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv("EXCONN_SIMULATOR_PHONE_SYNC", text)
    assert SimulatorSettings().phone_sync == timedelta(seconds=seconds)


@pytest.mark.parametrize(("name", "value"), [("VERSION", "2003"), ("DEVICES", "-1"), ("PHONE_SYNC", "often")])
def test_settings_that_make_no_sense_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"EXCONN_SIMULATOR_{name}", value)
    with pytest.raises(ValidationError):
        SimulatorSettings()


def test_passwords_are_in_files_of_their_owner_and_nowhere_else(tmp_path: Path) -> None:
    (account, *_) = generate_accounts()
    path = write_password(account, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == account.password.get_secret_value()
    assert account.password.get_secret_value() not in repr(account)


def test_accounts_are_told_apart_by_name_without_case_and_by_password() -> None:
    (account, *_) = accounts = generate_accounts()
    known = SimulatedAccounts(accounts)
    password = account.password.get_secret_value()
    assert known.authenticate(account.username.upper(), password) is account
    assert known.authenticate(account.username, password + "x") is None
    assert known.authenticate("nobody", "") is None


def test_a_change_of_rights_shows_once_it_was_replicated() -> None:
    (account, *_) = accounts = generate_accounts()
    late, soon = SimulatedAccounts(accounts, rights_delay=3600), SimulatedAccounts(accounts, rights_delay=0.05)
    for known in (late, soon):
        known.change_rights(account.name, ["Get-MobileDevice"], [])

    assert late.present(account).without == ()
    wait_until(lambda: soon.present(account).without, timedelta(seconds=10), "the change to show")

    late.restore_rights()
    soon.restore_rights()
    assert soon.present(account).without == ()


def test_accounts_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps({"me": {"username": "me@corp.example", "password": "x", "role": "all"}}))
    assert [(a.name, a.role) for a in read_accounts(path)] == [("me", "all")]


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"me": {"username": "x"}}', '{"a":{"username":"a","password":"b","role":"king"}}']
)
def test_accounts_file_that_can_not_be_used_says_what_it_needs(tmp_path: Path, content: str) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(content)
    with pytest.raises(AccountsFileError, match="needs username, password and a role"):
        read_accounts(path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (None, []),
        (["c", "C", "d"], ["c", "d"]),
        ({"add": ["c"]}, ["a", "b", "c"]),
        ({"add": ["A"]}, ["a", "b"]),
        ({"remove": ["A"]}, ["b"]),
        ({"add": ["c"], "remove": ["a", "x"]}, ["b", "c"]),
        ({}, ["a", "b"]),
    ],
)
def test_lists_are_cleared_replaced_or_edited(change: object, expected: list[str]) -> None:
    assert edited(["a", "b"], change) == expected


@pytest.mark.parametrize(
    ("role", "cmdlet", "visible"),
    [
        ("discovery", "Get-MobileDevice", True),
        ("discovery", "Set-ADServerSettings", True),
        ("discovery", "Clear-MobileDevice", False),
        ("discovery", "Set-CASMailbox", False),
        ("policy", "set-mobiledevicemailboxpolicy", True),
        ("policy", "Clear-MobileDevice", False),
        ("actions", "Clear-MobileDevice", True),
        ("actions", "Remove-MobileDevice", True),
        ("actions", "Remove-MobileDeviceMailboxPolicy", False),
        ("none", "Get-MobileDevice", False),
    ],
)
def test_roles_show_what_a_worker_needs(role: str, cmdlet: str, visible: bool) -> None:
    assert (Visibility("2019", role).find(cmdlet) is not None) is visible


def test_an_entry_may_be_taken_from_a_role_and_another_given() -> None:
    taken = [read_entry("Clear-*", known=True), read_entry("Set-CASMailbox -ActiveSyncBlockedDeviceIDs", known=True)]
    given = [read_entry("Remove-Mailbox", known=False), read_entry("Set-Mailbox", known=False)]
    visibility = Visibility("2019", "actions", without=taken, also=given)

    assert visibility.find("Clear-MobileDevice") is None
    mailbox = visibility.find("Set-CASMailbox")
    assert mailbox is not None
    assert "ActiveSyncBlockedDeviceIDs" not in visibility.parameters(mailbox)
    assert "ActiveSyncAllowedDeviceIDs" in visibility.parameters(mailbox)
    assert {"Remove-Mailbox", "Set-Mailbox"} <= set(visibility.cmdlet_names())


def test_a_given_entry_grants_a_cmdlet_or_some_of_its_parameters() -> None:
    whole, some = read_entry("Clear-MobileDevice", known=False), read_entry("Set-CASMailbox -Identity", known=False)
    visibility = Visibility("2019", "discovery", also=[whole, some])

    clear, mailbox = visibility.find("Clear-MobileDevice"), visibility.find("Set-CASMailbox")
    assert clear is not None
    assert mailbox is not None
    assert "Cancel" in visibility.parameters(clear)
    assert visibility.parameters(mailbox) == ["Identity"]


@pytest.mark.parametrize("text", ["Clear-Everything", "Clear-MobileDevice -Everything", "Clear MobileDevice", ""])
def test_an_entry_that_hides_nothing_is_refused(text: str) -> None:
    with pytest.raises(UnknownEntry):
        read_entry(text, known=True)


def test_account_only_came_with_2016() -> None:
    for version, expected in (("2013", False), ("2016", True), ("SE", True)):
        visibility = Visibility(version, "actions")
        clear = visibility.find("Clear-MobileDevice")
        assert clear is not None
        assert ("AccountOnly" in visibility.parameters(clear)) is expected


def test_online_only_cmdlets_are_nowhere_on_premises() -> None:
    assert Visibility("2019", "all").find("Get-EXOMobileDeviceStatistics") is None


def test_every_belief_and_its_default_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs/simulator.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \| [DCJR].* \|$", text, re.MULTILINE))

    defaults = {name: json.dumps(value) for name, value in Beliefs().model_dump(mode="json").items()}
    assert {name: shown.strip("`") for name, shown in rows.items()} == {
        name: value.strip('"').replace("null", "on 2010 only") for name, value in defaults.items()
    }
