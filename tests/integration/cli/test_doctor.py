"""`exconn doctor` on a worker's machine: what it looks at, what it names, how it ends."""

import json
import os
import re
import socket
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from exconn.cli.main import main
from exconn.connector import ConnectorStore, parse_definition
from exconn.exchange import REQUIREMENTS, Command, ObjectNotFound
from exconn.exchange.records import parse_device
from exconn.keyspace import connect
from tests.integration.cli.conftest import CommandLine, Ran
from tests.support.replay import replayed
from tests.support.simulator import RunningSimulator, running_simulator
from tests.support.valkey import RestartableValkey

CONNECTOR = "contoso"


@dataclass
class Ward:
    """A worker's place: a server, a simulated Exchange, an applied connector."""

    exconn: CommandLine
    simulator: RunningSimulator
    server: RestartableValkey
    store: ConnectorStore

    def apply(self, **accounts: Mapping[str, str]) -> None:
        """Apply a definition with these accounts, or with the simulator's three."""
        self.store.apply(parse_definition(self.definition(**accounts)), by="test")

    def definition(self, url: str = "", ca_file: str = "", **accounts: Mapping[str, str]) -> str:
        """The text of a definition."""
        named = accounts or self.simulator.accounts
        parts = [f'name = "{CONNECTOR}"', "[exchange]", f'url = "{url or self.simulator.url}"', 'auth = "basic"']
        parts.append(f'ca_file = "{ca_file or self.simulator.ca_file}"')
        for role, account in named.items():
            parts.append(f"[accounts.{role}]")
            parts += [f"{field} = {json.dumps(account[field])}" for field in ("username", "password_file")]
        return "\n".join(parts)

    def organization(self) -> str:
        """The GUID by which the simulated organization is known."""
        (found,) = [each for each in self.doctor("--json").json["checks"] if each["check"] == "organization"]
        return str(found["data"]["guid"])

    def file(self, text: str) -> str:
        """A definition in a file."""
        path = self.exconn.folder / "connector.toml"
        path.write_text(text)
        return str(path)

    def doctor(self, *words: str, **env: str) -> Ran:
        """Run it with a worker's variables, in this process: starting one takes longer than the looks."""
        own = {"EXCONN_BROKER_URL": self.server.url, "EXCONN_LEDGER_URL": self.server.url, "COLUMNS": "80"}
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in (own | env).items():
                patch.setenv(name, value)
            code = main(["doctor", *words])
        return Ran(code, out.getvalue(), err.getvalue())

    def checks(self, *words: str, state: str = "failed", **env: str) -> list[dict[str, Any]]:
        """The findings of one state."""
        found = self.doctor(*words, "--json", **env).json["checks"]
        return [each for each in found if each["state"] == state]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RestartableValkey, RunningSimulator]]:
    place = tmp_path_factory.mktemp("hospital")
    with RestartableValkey(place / "valkey") as server, running_simulator(place, devices=5) as simulator:
        yield server, simulator


@pytest.fixture
def ward(exconn: CommandLine, hospital: tuple[RestartableValkey, RunningSimulator]) -> Iterator[Ward]:
    server, simulator = hospital
    simulator.start_anew(5)
    with connect(server.url) as client:
        client.flushall()
        made = Ward(exconn, simulator, server, ConnectorStore(client))
        made.apply()
        yield made


def test_a_sound_place_is_told_line_by_line_and_changes_nothing(ward: Ward) -> None:
    ran = ward.doctor("--for", "policy,actions")

    assert (ran.code, ran.err) == (0, ""), ran.out
    lines = ran.out.splitlines()
    assert lines[-1].endswith("nothing was changed")
    assert not any(line.startswith("failed") for line in lines)
    assert all(len(line) <= 80 or len(line[9:].split()) == 1 for line in lines), "only a path may be longer"
    for part in ("settings", "broker", "ledger", "clock", "definition", "tls", "discovery: sign-in", "actions: rights"):
        assert any(line.startswith("ok") and f"{part}:" in line for line in lines), part
    executed = {entry["cmdlet"] for entry in ward.simulator.oracle()}
    assert {cmdlet for cmdlet in executed if not cmdlet.startswith("Get-")} == {"Set-ADServerSettings"}


@pytest.mark.parametrize(
    ("account", "taken", "said"),
    [
        ("discovery", "Get-MobileDeviceStatistics", "Get-MobileDeviceStatistics is missing."),
        ("discovery", "Get-MobileDeviceStatistics -Mailbox", "Get-MobileDeviceStatistics lacks Mailbox."),
        ("actions", "Clear-MobileDevice", "Clear-MobileDevice is missing."),
        ("actions", "Set-CASMailbox -ActiveSyncBlockedDeviceIDs", "Set-CASMailbox lacks ActiveSyncBlockedDeviceIDs."),
    ],
)
def test_what_was_taken_from_a_role_is_named_with_its_remedy(ward: Ward, account: str, taken: str, said: str) -> None:
    ward.simulator.rights(account, without=[taken])

    ran = ward.doctor("--for", "actions", "--json")

    (finding,) = [each for each in ran.json["checks"] if each["state"] == "failed"]
    assert ran.code == ran.json["exit_code"] == 8
    assert (finding["check"], finding["said"]) == (f"{account}: rights", said)
    assert finding["data"]["cmdlet"] in finding["next"]
    assert finding["data"]["role"] in finding["next"]


def test_rights_that_nothing_armed_needs_are_not_asked_for(ward: Ward) -> None:
    ward.simulator.rights("policy", without=["Set-MobileDeviceMailboxPolicy"])
    ward.simulator.rights("actions", without=["Clear-*"])
    assert ward.doctor().code == 0

    ward.store.set_installed(CONNECTOR, ward.organization(), by="test")
    ward.store.arm(CONNECTOR, "policy", by="test")

    assert [each["said"] for each in ward.checks()] == ["Set-MobileDeviceMailboxPolicy is missing."]


def test_access_rules_are_looked_at_only_when_asked_for(ward: Ward) -> None:
    ward.simulator.rights("policy", without=["New-ActiveSyncDeviceAccessRule"])

    assert ward.doctor("--for", "policy").code == 0
    assert [each["check"] for each in ward.checks("--for", "access")] == ["policy: rights (access)"]


def test_what_is_forbidden_and_in_reach_is_named_with_the_reason(ward: Ward) -> None:
    ward.simulator.rights("discovery", also=["Remove-Mailbox", "Clear-MobileDevice"])

    found = ward.checks()

    assert [each["check"] for each in found] == ["discovery: forbidden"] * 2
    assert [each["data"]["cmdlets"] for each in found] == [["Remove-Mailbox"], ["Clear-MobileDevice"]]
    assert all("in reach" in each["said"] and each["next"] for each in found)
    assert ward.simulator.oracle("Clear-*") == []


def test_one_account_for_everything_may_do_what_its_workers_do(ward: Ward) -> None:
    ward.simulator.rights(
        "actions", also=["*-MobileDeviceMailboxPolicy", "*-ActiveSyncMailboxPolicy", "Set-CASMailbox"]
    )
    one = ward.simulator.accounts["actions"]
    ward.apply(discovery=one, policy=one, actions=one)

    assert ward.doctor("--for", "policy,actions").code == 0


def test_a_wrong_password_is_told_apart_from_an_unreachable_server(ward: Ward, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.password"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    ward.apply(discovery=dict(ward.simulator.accounts["discovery"]) | {"password_file": str(wrong)})

    (finding,) = ward.checks()

    assert finding["check"] == "discovery: sign-in"
    assert "is not authorized" in finding["said"]
    assert ward.doctor().code == 8


def test_a_port_that_nobody_listens_on_is_unreachable(ward: Ward) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{closed.getsockname()[1]}/PowerShell/"

        ran = ward.doctor("--file", ward.file(ward.definition(url=url)), "--json")

    assert ran.code == 6
    assert [each["check"] for each in ran.json["checks"] if each["state"] == "failed"] == ["tcp"]
    assert [each["check"] for each in ran.json["checks"] if each["state"] == "not looked at"] == ["discovery: sign-in"]


def test_a_certificate_of_an_unknown_authority_is_named_before_any_password_is_sent(ward: Ward) -> None:
    import certifi

    found = ward.checks("--file", ward.file(ward.definition(ca_file=certifi.where())))

    assert [each["check"] for each in found] == ["tls"]
    assert "ca_file" in found[0]["next"]
    assert ward.simulator.oracle() == []


def test_a_certificate_for_another_name_is_named(ward: Ward) -> None:
    with running_simulator(ward.exconn.folder, devices=1, host="0.0.0.0") as everywhere:
        url = re.sub("//[^:/]+:", "//127.0.0.2:", everywhere.url)
        (finding,) = ward.checks("--file", ward.file(ward.definition(url=url, ca_file=str(everywhere.ca_file))))

    assert finding["check"] == "tls"
    assert finding["data"]["verify_code"] in (62, 64)


def test_without_variables_it_is_bad_input_unless_a_file_is_given(ward: Ward) -> None:
    none = {"EXCONN_BROKER_URL": "", "EXCONN_LEDGER_URL": ""}

    assert ward.doctor(**none).code == 2
    assert ward.doctor("--file", ward.file(ward.definition()), **none).code == 0


def test_a_server_that_may_lose_jobs_and_one_out_of_reach_are_failures(ward: Ward, tmp_path: Path) -> None:
    with RestartableValkey(tmp_path / "unfit", maxmemory_policy="allkeys-lru") as unfit:
        found = ward.checks(EXCONN_LEDGER_URL=unfit.url)
    assert "maxmemory-policy" in found[0]["said"]

    assert ward.doctor(EXCONN_LEDGER_URL="redis://127.0.0.1:1/0").code == 6


def test_a_secret_file_that_others_may_read_is_a_warning(ward: Ward) -> None:
    path = Path(ward.simulator.accounts["discovery"]["password_file"])
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o644)
    try:
        (finding,) = ward.checks(state="warning")
    finally:
        path.chmod(mode)

    assert finding["check"] == "discovery: secret"
    assert f"chmod 600 {path}" in finding["next"]


def test_the_secret_of_another_workers_machine_is_no_failure(ward: Ward, tmp_path: Path) -> None:
    elsewhere = {"username": "exconn-policy@corp.example", "password_file": str(tmp_path / "elsewhere")}
    ward.apply(discovery=ward.simulator.accounts["discovery"], policy=elsewhere)
    ward.store.set_installed(CONNECTOR, ward.organization(), by="test")
    ward.store.arm(CONNECTOR, "policy", by="test")

    assert ward.doctor().code == 0
    assert [each["check"] for each in ward.checks(state="warning")] == ["policy: secret"]
    assert ward.doctor("--for", "policy").code == 2


def test_another_organization_than_the_installed_one_is_a_failure(ward: Ward) -> None:
    ward.store.set_installed(CONNECTOR, "11111111-2222-3333-4444-555555555555", by="test")

    assert [each["check"] for each in ward.checks()] == ["organization"]


def test_an_unknown_feature_and_an_unknown_connector_are_told(ward: Ward) -> None:
    unknown = ward.doctor("--for", "everything")
    assert unknown.code == 2
    assert "any of discovery, policy, access, actions" in unknown.err

    assert ward.doctor("fabrikam").code == 3


def test_the_rights_of_the_role_scripts_are_enough_and_not_too_much(ward: Ward, tmp_path: Path) -> None:
    ran = ward.doctor("--roles", str(tmp_path / "roles"), "--quiet")
    assert ran.code == 0
    granted = {
        "discovery": ["exconn-discovery.ps1"],
        "policy": ["exconn-policy.ps1"],
        "actions": ["exconn-actions.ps1", "exconn-actions-armed.ps1"],
    }
    users = {
        role: {"username": f"{role}@corp.example", "password": "secret", "role": "none", "also": entries_of(*files)}
        for role, files in ((role, [tmp_path / "roles" / name for name in names]) for role, names in granted.items())
    }
    (tmp_path / "users.json").write_text(json.dumps(users))

    with running_simulator(tmp_path, devices=2, users=tmp_path / "users.json") as strict:
        text = ward.definition(url=strict.url, ca_file=str(strict.ca_file), **strict.accounts)
        found = ward.doctor("--file", ward.file(text), "--for", "policy,access,actions", "--json").json

    assert [each for each in found["checks"] if each["state"] != "ok"] == []
    assert sorted(ran.out.split()) == sorted(str(path) for path in (tmp_path / "roles").iterdir())


def entries_of(*scripts: Path) -> list[str]:
    """The entries that the scripts leave in their roles, as the simulator's accounts file writes them."""
    found: list[str] = []
    for script in scripts:
        text = script.read_text("utf-8-sig")
        limited = dict(re.findall(r"Limit-Entry '[^']*' '([^']*)' @\(([^)]*)\)", text))
        for kept in re.findall(r"Remove-OtherEntries '[^']*' @\(([^)]*)\)", text):
            for name in re.findall(r"'([^']*)'", kept):
                own = re.findall(r"'([^']*)'", limited.get(name, ""))
                shared = ["Confirm", "DomainController"] if own else []
                found.append(" ".join([name, *(f"-{parameter}" for parameter in [*own, *shared])]))
    return found


def test_as_a_program_it_ends_with_the_code_of_what_failed(ward: Ward) -> None:
    ran = ward.exconn(
        "doctor", env={"EXCONN_BROKER_URL": ward.server.url, "EXCONN_LEDGER_URL": "redis://127.0.0.1:1/0"}
    )

    assert ran.code == 6
    assert "next: start it or correct EXCONN_LEDGER_URL" in ran.out


def test_no_password_is_printed(ward: Ward) -> None:
    ran = ward.doctor("--for", "policy,actions", "--json")

    for account in ward.simulator.accounts:
        assert ward.simulator.password(account) not in ran.out + ran.err
    assert os.environ.get("EXCONN_LEDGER_URL") is None


def personal_values(ward: Ward) -> set[str]:
    """What names a person, a phone or a host in the simulated organization."""
    from exconn.exchange import Endpoint, Session

    account = ward.simulator.accounts["discovery"]
    endpoint = Endpoint(
        url=ward.simulator.url,
        username=account["username"],
        password=ward.simulator.password("discovery"),
        ca_file=Path(str(ward.simulator.ca_file)),
    )
    values = {account["username"]}
    with Session.open(endpoint) as session:
        for device in session.devices():
            values |= {device.guid, device.device_id, device.identity, device.distinguished_name, device.owner_dn}
            values |= {device.owner_name, device.friendly_name, device.imei, device.phone_number}
            values |= {device.user_display_name, device.originating_server}
        for owner in session.mailbox_owners():
            values |= {owner.guid, owner.name, owner.user_name, owner.distinguished_name, owner.primary_address}
            values |= {*owner.allowed_ids, *owner.blocked_ids}
        values |= {value for server in session.servers() for value in (server.name, server.fqdn)}
        values.add(session.organization_settings().guid)
    # A phone that nobody named is called like its model.
    return {value for value in values if value} - {device["model"] for device in ward.simulator.devices()}


def test_a_transcript_names_nobody_and_keeps_what_decoders_need(ward: Ward, tmp_path: Path) -> None:
    file = tmp_path / "transcript.json"
    assert ward.doctor("--record", str(file)).code == 0
    text = file.read_text("utf-8")

    folded = text.casefold()
    assert [value for value in personal_values(ward) if value.casefold() in folded] == []
    parts = {part for value in personal_values(ward) for part in re.findall(r"[^\W_]{6,}", value.casefold())}
    kinds = {device["device_type"].casefold() for device in ward.simulator.devices()}
    kept = {"configuration", "exchangeactivesyncdevices", "organization", "exchange", "microsoft", "services"}
    leaked = {part for part in parts - kinds - kept if re.search(rf"(?<![^\W_]){part}(?![^\W_])", folded)}
    assert leaked <= {"mailbox", "mailboxes", "mobile", "settings", "administrative", "servers", "default", "exconn"}


def test_a_replayed_transcript_decodes_to_the_same_shapes(ward: Ward, tmp_path: Path) -> None:
    file = tmp_path / "transcript.json"
    assert ward.doctor("--record", str(file)).code == 0
    session = replayed(file.read_text("utf-8"))

    session.run(Command("Set-ADServerSettings", {"ViewEntireForest": True}))
    assert session.lacks(each for group in REQUIREMENTS.values() for each in group).keys() >= {
        each for each in REQUIREMENTS["actions"] if each.cmdlet.startswith("Clear-")
    }
    assert session.dialect == "MobileDevice"
    settings = session.organization_settings()
    assert settings.default_access_level == ward.simulator.control("GET", "/organization")["default_access_level"]
    assert {server.version for server in session.servers()} == {"Version 15.2 (Build 986.5)"}
    assert {policy.values["PasswordEnabled"] for policy in session.mailbox_policies()} <= {True, False}
    assert session.run(Command("Get-ActiveSyncDeviceAccessRule")).records[0]["Characteristic"] == "DeviceType"
    assert len(session.run(Command("Get-CASMailbox", {"ResultSize": 10})).records) >= 1
    found = [parse_device(r) for r in session.run(Command("Get-MobileDevice", {"ResultSize": 10})).records]
    real = ward.simulator.devices()
    assert sorted(device.device_type for device in found) == sorted(device["device_type"] for device in real)
    assert sorted(device.first_sync.isoformat() for device in found if device.first_sync) == sorted(
        device["first_sync"] for device in real
    )
    # The same stand-in everywhere: the statistics belong to the devices of the list.
    statistics = session.statistics_of_mailbox(found[0].owner_dn)
    assert {each.guid for each in statistics} <= {device.guid for device in found}
    assert statistics
    with pytest.raises(ObjectNotFound):
        session.device("00000000-0000-0000-0000-000000000001")


def test_the_archive_holds_no_secret_and_names_nobody(ward: Ward, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "logs").mkdir(parents=True)
    password = ward.simulator.password("discovery")
    device = ward.simulator.devices()[0]
    lines = [
        f"event=session opened server=ex01.corp.example account={ward.simulator.username('discovery')}",
        f"password: {password}",
        f"url=redis://worker:hunter2-secret@ledger.corp.example:6379/0 guid={device['guid']}",
        f"device {device['identity']} of {device['user']}@corp.example id {device['device_id']} imei 490154203237518",
        "phone +49 170 1234567 reached 10.20.30.40; exconn.exchange.errors.Unreachable in session.py line 12",
    ]
    (state / "logs" / "discovery.log").write_text("\n".join(lines * 3))
    ward.store.set_installed(CONNECTOR, ward.organization(), by="test")
    file = tmp_path / "bundle.zip"
    url = ward.server.url.replace("//", "//default:hunter3-secret@")

    ran = ward.doctor("--bundle", str(file), EXCONN_STATE_DIR=str(state), EXCONN_BROKER_URL=url)

    assert f"files in {file}" in " ".join(ran.out.split())
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    listed = {each["name"] for each in json.loads(members["manifest.json"])["members"]}
    assert listed == members.keys() - {"manifest.json"}
    everything = "\n".join(members.values()).casefold()
    sensitive = {
        password,
        "hunter2-secret",
        "hunter3-secret",
        "ex01",
        "corp.example",
        device["guid"],
        "490154203237518",
    }
    sensitive |= {device["device_id"], device["user"], "1234567", "10.20.30.40", str(tmp_path), "exconn-discovery"}
    assert [value for value in sensitive if value.casefold() in everything] == []
    assert "exconn.exchange.errors.unreachable in session.py line 12" in everything
    assert '"number": 1015' in members["messages.jsonl"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sum(map(len, members.values())) < 1_000_000


def test_the_page_shows_what_is_really_printed(ward: Ward) -> None:
    page = (Path(__file__).parents[3] / "docs" / "howto" / "doctor.md").read_text("utf-8")
    shown = page.split("```text\n")[1].split("```")[0]
    ward.apply(discovery=ward.simulator.accounts["discovery"], actions=ward.simulator.accounts["actions"])
    ward.simulator.rights("actions", without=["Clear-MobileDevice -Cancel"], also=["Remove-Mailbox"])

    ran = ward.doctor("--for", "actions")

    assert [what_is_said(line) for line in findings_of(ran.out)] == [what_is_said(line) for line in findings_of(shown)]
    assert max(map(len, shown.splitlines())) <= 80


def findings_of(text: str) -> list[str]:
    """Each finding in one line."""
    return re.sub(r"\n {9}", " ", text).strip().splitlines()


def what_is_said(line: str) -> str:
    """A finding without hosts, paths, dates and numbers of this one run."""
    if "installed" in line or "flagged" in line:
        return "definition"
    values = r"\S*[/@.:]\S*\d\S*|/\S+|\S+@\S+|\b(?:ex01|127)\S*|valkey:\d+|CN=.*|\b\d+(?=[ )])|[\d-]{10}"
    plain = re.sub(values, "", line)
    return re.sub(r"\b(?:basic|negotiate|kerberos)\b", "auth", re.sub(r"\s+", " ", plain)).strip()
