"""What `exconn doctor` writes: role scripts, transcripts, archives; and the page that shows what it prints."""

import json
import re
import stat
import zipfile
from pathlib import Path

import pytest
from pydantic import SecretStr

from exconn.exchange import REQUIREMENTS, Command, Endpoint, Gaps, ObjectNotFound, Session
from exconn.exchange.records import parse_device
from exconn.keyspace import connect
from tests.integration.cli.doctor_scene import CONNECTOR, DoctorScene
from tests.support.exchange import powershell
from tests.support.exchange.replay import replayed
from tests.support.exchange.simulator import running_simulator

PROBE = "EASProbe"


def test_the_rights_of_the_role_scripts_are_enough_and_not_too_much(scene: DoctorScene, tmp_path: Path) -> None:
    ran = scene.doctor("--roles", str(tmp_path / "roles"), "--quiet")
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

    with running_simulator(tmp_path, devices=2, users=tmp_path / "users.json", version="SE") as strict:
        text = scene.definition(url=strict.url, ca_file=str(strict.ca_file), **strict.accounts)
        found = scene.doctor("--file", scene.file(text), "--for", "policy,actions", "--json").json

    assert [each for each in found["checks"] if each["state"] != "ok"] == []
    assert sorted(ran.out.split()) == sorted(str(path) for path in (tmp_path / "roles").iterdir())


def entries_of(*scripts: Path) -> list[str]:
    """The entries that the scripts leave in their roles, as the simulator's accounts file writes them."""
    found: list[str] = []
    for script in scripts:
        granted = powershell.needs(script.read_text("utf-8-sig"))
        found += [" ".join([name, *(f"-{parameter}" for parameter in own)]) for name, own in granted.items()]
    return found


def personal_values(scene: DoctorScene) -> set[str]:
    """What names a person, a phone or a host in the simulated organization."""
    account = scene.simulator.accounts["discovery"]
    endpoint = Endpoint(
        url=scene.simulator.url,
        username=account["username"],
        password=SecretStr(scene.simulator.password("discovery")),
        ca_file=Path(str(scene.simulator.ca_file)),
    )
    values = {account["username"]}
    with Session.open(endpoint) as session:
        for device in session.devices(Gaps()):
            values |= {device.guid, device.device_id, device.identity, device.distinguished_name, device.owner_dn}
            values |= {device.owner_name, device.friendly_name, device.imei, device.phone_number}
            values |= {device.user_display_name, device.originating_server}
        for owner in session.mailbox_owners(Gaps()):
            values |= {owner.guid, owner.name, owner.user_name, owner.distinguished_name, owner.primary_address}
            values |= {*owner.allowed_ids, *owner.blocked_ids}
        values |= {value for server in session.servers() for value in (server.name, server.fqdn)}
        values.add(session.organization_settings().guid)
    # A phone that nobody named is called like its model, and Exchange's own probe like a part of its type.
    return {value for value in values if value} - {device["model"] for device in scene.simulator.devices()} - {PROBE}


def test_a_transcript_names_nobody_and_keeps_what_decoders_need(scene: DoctorScene, tmp_path: Path) -> None:
    file = tmp_path / "transcript.json"
    assert scene.doctor("--record", str(file)).code == 0
    text = file.read_text("utf-8")

    folded = text.casefold()
    assert [value for value in personal_values(scene) if value.casefold() in folded] == []
    parts = {part for value in personal_values(scene) for part in re.findall(r"[^\W_]{6,}", value.casefold())}
    kinds = {device["device_type"].casefold() for device in scene.simulator.devices()}
    kept = {"configuration", "exchangeactivesyncdevices", "organization", "exchange", "microsoft", "services"}
    kept |= {"monitoring", "system"}  # the container of mailboxes that Exchange tests itself with
    leaked = {part for part in parts - kinds - kept if re.search(rf"(?<![^\W_]){part}(?![^\W_])", folded)}
    assert leaked <= {"mailbox", "mailboxes", "mobile", "settings", "administrative", "servers", "default", "exconn"}


def test_a_replayed_transcript_decodes_to_the_same_shapes(scene: DoctorScene, tmp_path: Path) -> None:
    file = tmp_path / "transcript.json"
    assert scene.doctor("--record", str(file)).code == 0
    session = replayed(file.read_text("utf-8"))

    session.run(Command("Set-ADServerSettings", {"ViewEntireForest": True}))
    assert session.lacks(each for group in REQUIREMENTS.values() for each in group).keys() >= {
        each for each in REQUIREMENTS["actions"] if each.cmdlet.startswith("Clear-")
    }
    assert session.dialect == "MobileDevice"
    settings = session.organization_settings()
    assert settings.default_access_level == scene.simulator.control("GET", "/organization")["default_access_level"]
    assert {server.version for server in session.servers()} == {"Version 15.2 (Build 2562.17)"}
    assert {policy.values["PasswordEnabled"] for policy in session.mailbox_policies()} <= {True, False}
    assert session.run(Command("Get-ActiveSyncDeviceAccessRule")).records[0]["Characteristic"] == "DeviceType"
    assert list(session.stream(Command("Get-CASMailbox", {"ResultSize": 10}), Gaps()))
    found = [parse_device(r) for r in session.stream(Command("Get-MobileDevice", {"ResultSize": 10}), Gaps())]
    real = scene.simulator.devices()
    assert sorted(device.device_type for device in found) == sorted(device["device_type"] for device in real)
    assert sorted(device.first_sync.isoformat() for device in found if device.first_sync) == sorted(
        device["first_sync"] for device in real
    )
    # The same stand-in everywhere: the statistics belong to the devices of the list.
    statistics = session.statistics_of_mailbox(found[0].owner_dn, Gaps())
    assert {each.guid for each in statistics} <= {device.guid for device in found}
    assert statistics
    with pytest.raises(ObjectNotFound):
        session.mailbox_owner("00000000-0000-0000-0000-000000000001")


def test_errors_beside_objects_keep_nothing_else_out_of_a_transcript(scene: DoctorScene, tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=30, estate="real") as old:
        text = scene.definition(url=old.url, ca_file=str(old.ca_file), **old.accounts)
        ran = scene.doctor("--file", scene.file(text), "--record", str(tmp_path / "transcript.json"), "--json").json
        executed = {entry["cmdlet"] for entry in old.oracle()}

    assert [each["state"] for each in ran["checks"] if each["check"] == "record"] == ["ok"]
    assert "Get-MobileDeviceStatistics" in executed


def test_the_archive_holds_no_secret_and_names_nobody(scene: DoctorScene, tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "logs").mkdir(parents=True)
    password = scene.simulator.password("discovery")
    device = scene.simulator.devices()[0]
    lines = [
        f"event=session opened server=ex01.corp.example account={scene.simulator.username('discovery')}",
        f"password: {password}",
        f"url=redis://worker:hunter2-secret@ledger.corp.example:6379/0 guid={device['guid']}",
        f"device {device['identity']} of {device['user']}@corp.example id {device['device_id']} imei 490154203237518",
        "phone +49 170 1234567 reached 10.20.30.40; exconn.exchange.errors.Unreachable in session.py line 12",
    ]
    (state / "logs" / "discovery.log").write_text("\n".join(lines * 3))
    scene.store.set_installed(CONNECTOR, scene.organization(), by="test")
    file = tmp_path / "bundle.zip"
    url = scene.server.url.replace("//", "//default:hunter3-secret@")

    ran = scene.doctor("--bundle", str(file), EXCONN_STATE_DIR=str(state), EXCONN_BROKER_URL=url)

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
    checks = json.loads(members["findings.json"])["checks"]
    assert {"ledger", "tls", "discovery: sign-in"} <= {each["check"] for each in checks}
    assert "opened a session" in next(each["said"] for each in checks if each["check"] == "discovery: sign-in")
    assert "EXCONN_WORKER_POOL=prefork" in members["settings.txt"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sum(map(len, members.values())) < 1_000_000


def test_a_worker_with_few_rights_on_the_ledger_server_is_examined_and_packed(
    scene: DoctorScene, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.zip"
    denied = [f"-{command}" for command in ("info", "xlen", "xrevrange")]
    with connect(scene.server.url) as client:
        client.execute_command("ACL", "SETUSER", "worker", "on", ">modest", "~*", "&*", "+@all", *denied)
    url = scene.server.url.replace("//", "//worker:modest@")

    ran = scene.doctor("--bundle", str(file), EXCONN_LEDGER_URL=url, EXCONN_BROKER_URL=url)

    assert ran.code == 0, ran.out
    with zipfile.ZipFile(file) as archive:
        health = json.loads(archive.read("health.json"))
        assert b"left out" in archive.read("messages.jsonl")
    assert health["ledger server"] == health["status messages"] == "not shown to this user"
    assert health["connectors"][0]["state"] == "flagged"


def test_the_page_shows_what_is_really_printed(scene: DoctorScene) -> None:
    page = (Path(__file__).parents[3] / "docs" / "howto" / "doctor.md").read_text("utf-8")
    shown = page.split("```text\n")[1].split("```")[0]
    scene.apply(discovery=scene.simulator.accounts["discovery"], actions=scene.simulator.accounts["actions"])
    scene.simulator.rights("actions", without=["Clear-MobileDevice -Cancel"], also=["Remove-Mailbox"])

    ran = scene.doctor("--for", "actions")

    assert [what_is_said(line) for line in findings_of(ran.out)] == [what_is_said(line) for line in findings_of(shown)]
    assert max(map(len, shown.splitlines())) <= 80


def findings_of(text: str) -> list[str]:
    """Each finding in one line."""
    return re.sub(r"\n {9}", " ", text).strip().splitlines()


def what_is_said(line: str) -> str:
    """A finding without hosts, paths, dates and numbers of this one run."""
    if "installed" in line or "flagged" in line:
        return "definition"
    values = r"\S*[/@.:]\S*\d\S*|/\S+|\S+@\S+|\b(?:ex\d+|127)\S*|valkey:\d+|CN=.*|\b\d+(?=[ )])|[\d-]{10}"
    # The page shows an account that signs in as Microsoft supports it.
    plain = re.sub(values, "", line.replace(", which is not supported by Microsoft on the default directory", ""))
    return re.sub(r"\b(?:basic|negotiate|kerberos)\b", "auth", re.sub(r"\s+", " ", plain)).strip()
