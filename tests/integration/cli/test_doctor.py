"""`exconn doctor` on a worker's machine: what it looks at, what it names, how it ends."""

import os
import re
import socket
import stat
from pathlib import Path

import pytest

from tests.integration.cli.doctor_scene import CONNECTOR, DoctorScene
from tests.support.exchange.simulator import running_simulator
from tests.support.machine.valkey import RestartableValkey


def test_a_sound_place_is_told_line_by_line_and_changes_nothing(scene: DoctorScene) -> None:
    ran = scene.doctor("--for", "policy,actions")

    assert (ran.code, ran.err) == (0, ""), ran.out
    lines = ran.out.splitlines()
    assert lines[-1].endswith("nothing was changed")
    assert not any(line.startswith("failed") for line in lines)
    assert all(len(line) <= 80 or len(line[9:].split()) == 1 for line in lines), "only a path may be longer"
    for part in ("settings", "broker", "ledger", "clock", "definition", "tls", "discovery: sign-in", "actions: rights"):
        assert any(line.startswith("ok") and f"{part}:" in line for line in lines), part
    executed = {entry["cmdlet"] for entry in scene.simulator.oracle()}
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
def test_what_was_taken_from_a_role_is_named_with_its_remedy(
    scene: DoctorScene, account: str, taken: str, said: str
) -> None:
    scene.simulator.rights(account, without=[taken])

    ran = scene.doctor("--for", "actions", "--json")

    (finding,) = [each for each in ran.json["checks"] if each["state"] == "failed"]
    assert ran.code == ran.json["exit_code"] == 8
    assert (finding["check"], finding["said"]) == (f"{account}: rights", said)
    assert finding["data"]["cmdlet"] in finding["next"]
    assert finding["data"]["role"] in finding["next"]


def test_rights_that_nothing_armed_needs_are_not_asked_for(scene: DoctorScene) -> None:
    scene.simulator.rights("policy", without=["Set-MobileDeviceMailboxPolicy"])
    scene.simulator.rights("actions", without=["Clear-*"])
    assert scene.doctor().code == 0

    scene.store.set_installed(CONNECTOR, scene.organization(), by="test")
    scene.store.arm(CONNECTOR, "policy", by="test")

    assert [each["said"] for each in scene.checks()] == ["Set-MobileDeviceMailboxPolicy is missing."]


def test_nothing_is_asked_for_that_no_worker_calls(scene: DoctorScene) -> None:
    scene.simulator.rights("policy", without=["Set-CASMailbox", "Set-ActiveSyncDeviceAutoblockThreshold"])
    scene.simulator.rights("actions", without=["Remove-*"])

    assert scene.doctor("--for", "policy,actions").code == 0


def test_what_is_forbidden_and_in_reach_is_named_with_the_reason(scene: DoctorScene) -> None:
    scene.simulator.rights("discovery", also=["Remove-Mailbox", "Clear-MobileDevice"])

    found = scene.checks()

    assert [each["check"] for each in found] == ["discovery: forbidden"] * 2
    assert [each["data"]["cmdlets"] for each in found] == [["Remove-Mailbox"], ["Clear-MobileDevice"]]
    assert all("in reach" in each["said"] and each["next"] for each in found)
    assert scene.simulator.oracle("Clear-*") == []


def test_one_account_for_everything_may_do_what_its_workers_do(scene: DoctorScene) -> None:
    scene.simulator.rights(
        "actions", also=["Set-MobileDeviceMailboxPolicy", "Set-ActiveSyncMailboxPolicy", "Set-CASMailbox"]
    )
    one = scene.simulator.accounts["actions"]
    scene.apply(discovery=one, policy=one, actions=one)

    assert scene.doctor("--for", "policy,actions").code == 0


def test_a_wrong_password_is_told_apart_from_an_unreachable_server(scene: DoctorScene, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.password"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    scene.apply(discovery=dict(scene.simulator.accounts["discovery"]) | {"password_file": str(wrong)})

    (finding,) = scene.checks()

    assert finding["check"] == "discovery: sign-in"
    assert "is not authorized" in finding["said"]
    assert scene.doctor().code == 8


def test_a_wrong_password_is_not_shown_to_exchange_a_third_time(scene: DoctorScene, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.password"
    wrong.write_text("wrong")
    scene.apply(discovery=dict(scene.simulator.accounts["discovery"]) | {"password_file": str(wrong)})

    said = [scene.checks()[-1]["said"] for _ in range(3)]

    assert ["not tried again" in each for each in said] == [False, False, True]


def test_a_port_that_nobody_listens_on_is_unreachable(scene: DoctorScene) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{closed.getsockname()[1]}/PowerShell/"

        ran = scene.doctor("--file", scene.file(scene.definition(url=url)), "--json")

    assert ran.code == 6
    assert [each["check"] for each in ran.json["checks"] if each["state"] == "failed"] == ["tcp"]
    assert [each["check"] for each in ran.json["checks"] if each["state"] == "not looked at"] == ["discovery: sign-in"]


def test_a_certificate_of_an_unknown_authority_is_named_before_any_password_is_sent(scene: DoctorScene) -> None:
    import certifi

    found = scene.checks("--file", scene.file(scene.definition(ca_file=certifi.where())))

    assert [each["check"] for each in found] == ["tls"]
    assert "ca_file" in found[0]["next"]
    assert scene.simulator.oracle() == []


def test_a_certificate_for_another_name_is_named(scene: DoctorScene) -> None:
    with running_simulator(scene.exconn.folder, devices=1, host="0.0.0.0") as everywhere:
        url = re.sub("//[^:/]+:", "//127.0.0.2:", everywhere.url)
        (finding,) = scene.checks("--file", scene.file(scene.definition(url=url, ca_file=str(everywhere.ca_file))))

    assert finding["check"] == "tls"
    assert finding["data"]["verify_code"] in (62, 64)


def test_without_variables_it_is_bad_input_unless_a_file_is_given(scene: DoctorScene) -> None:
    none = {"EXCONN_BROKER_URL": "", "EXCONN_LEDGER_URL": ""}

    assert scene.doctor(**none).code == 2
    assert scene.doctor("--file", scene.file(scene.definition()), **none).code == 0


def test_a_server_that_may_lose_jobs_and_one_out_of_reach_are_failures(scene: DoctorScene, tmp_path: Path) -> None:
    with RestartableValkey(tmp_path / "unfit", maxmemory_policy="allkeys-lru") as unfit:
        found = scene.checks(EXCONN_LEDGER_URL=unfit.url)
    assert "maxmemory-policy" in found[0]["said"]

    assert scene.doctor(EXCONN_LEDGER_URL="redis://127.0.0.1:1/0").code == 6


def test_a_secret_file_that_others_may_read_is_a_warning(scene: DoctorScene) -> None:
    path = Path(scene.simulator.accounts["discovery"]["password_file"])
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o644)
    try:
        (finding,) = scene.checks(state="warning")
    finally:
        path.chmod(mode)

    assert finding["check"] == "discovery: secret"
    assert f"chmod 600 {path}" in finding["next"]


def test_the_secret_of_another_workers_machine_is_no_failure(scene: DoctorScene, tmp_path: Path) -> None:
    elsewhere = {"username": "exconn-policy@corp.example", "password_file": str(tmp_path / "elsewhere")}
    scene.apply(discovery=scene.simulator.accounts["discovery"], policy=elsewhere)
    scene.store.set_installed(CONNECTOR, scene.organization(), by="test")
    scene.store.arm(CONNECTOR, "policy", by="test")

    assert scene.doctor().code == 0
    assert [each["check"] for each in scene.checks(state="warning")] == ["policy: secret"]
    assert scene.doctor("--for", "policy").code == 2


def test_another_organization_than_the_installed_one_is_a_failure(scene: DoctorScene) -> None:
    scene.store.set_installed(CONNECTOR, "11111111-2222-3333-4444-555555555555", by="test")

    assert [each["check"] for each in scene.checks()] == ["organization"]


def test_an_unknown_feature_and_an_unknown_connector_are_told(scene: DoctorScene) -> None:
    unknown = scene.doctor("--for", "everything")
    assert unknown.code == 2
    assert "any of discovery, policy, actions" in unknown.err

    assert scene.doctor("fabrikam").code == 3


def test_as_a_program_it_ends_with_the_code_of_what_failed(scene: DoctorScene) -> None:
    ran = scene.exconn(
        "doctor", env={"EXCONN_BROKER_URL": scene.server.url, "EXCONN_LEDGER_URL": "redis://127.0.0.1:1/0"}
    )

    assert ran.code == 6
    assert "next: start it or correct EXCONN_LEDGER_URL" in ran.out


def test_a_server_without_tls_is_told_from_one_that_is_away(scene: DoctorScene) -> None:
    secure = scene.server.url.replace("redis://", "rediss://")

    ran = scene.exconn("doctor", env={"EXCONN_BROKER_URL": secure, "EXCONN_LEDGER_URL": scene.server.url})

    assert ran.code == 6
    assert "the server does not speak TLS" in ran.out
    assert "next: turn TLS on at the server, or write redis:// in EXCONN_BROKER_URL" in ran.out


def test_no_password_is_printed(scene: DoctorScene) -> None:
    ran = scene.doctor("--for", "policy,actions", "--json")

    for account in scene.simulator.accounts:
        assert scene.simulator.password(account) not in ran.out + ran.err
    assert os.environ.get("EXCONN_LEDGER_URL") is None


def test_every_sites_address_is_looked_at(scene: DoctorScene) -> None:
    sites = "".join(
        f'[[exchange.servers]]\nsite = "{site}"\nurl = "{url}"\n'
        for site, url in (
            ("Berlin", scene.simulator.url),
            ("Oslo", re.sub("//[^:/]+:", "//localhost:", scene.simulator.url)),
        )
    )
    text = scene.definition().replace(f'url = "{scene.simulator.url}"\n', "")
    head, _, accounts = text.partition("[accounts.")

    found = scene.doctor("--file", scene.file(f"{head}{sites}[accounts.{accounts}"), "--json").json["checks"]

    assert [each["state"] for each in found if each["check"] == "tls"] == ["ok", "ok"]
    said = [each["said"] for each in found if each["check"] == "discovery: sign-in"]
    assert len(said) == 2
    assert said[1].endswith("for site Oslo")
