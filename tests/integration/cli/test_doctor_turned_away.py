"""`exconn doctor` at a door that does not open: one line names the cause, and the next step."""

import json
from collections.abc import Iterator

import pytest

from exconn.exchange.wsman.tls_versions import forget_lowered
from tests.integration.cli.doctor_scene import DoctorScene
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.network.connect_proxy import ConnectProxy


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget_lowered()
    yield
    forget_lowered()


@pytest.mark.parametrize(
    ("fault", "cause", "step"),
    [
        pytest.param("amsi_blocked", "antimalware scanning (AMSI)", "antimalware log", id="a scan"),
        pytest.param("bad_request", "remote PowerShell is off", "Test-ClientAccessRule", id="no remote PowerShell"),
        pytest.param("header_too_long", "Request Too Long", "out of groups", id="a long header"),
        pytest.param("not_exchange", "gateway/1.0, which is not Exchange", "an Exchange server", id="a gateway"),
        pytest.param("invalid_hostname", "Invalid Hostname", "own name into url", id="a wrong name"),
        pytest.param("client_access_rule", "Client Access Rules (Test-ClientAccessRule)", "", id="an access rule"),
        pytest.param("runspace_budget", "budget to create runspaces", "wait that long", id="a budget"),
        pytest.param("empty_fault", "neither code nor text", "auth to kerberos", id="nothing said"),
    ],
)
def test_an_account_that_is_turned_away_gets_one_line_with_cause_and_remedy(
    scene: DoctorScene, fault: str, cause: str, step: str
) -> None:
    scene.simulator.fault(fault, times=-1, seconds=20)

    ran = scene.doctor("--json")

    (finding,) = [each for each in ran.json["checks"] if each["state"] == "failed"]
    assert finding["check"] == "discovery: sign-in"
    assert cause in finding["said"]
    assert step in finding["next"]
    assert ran.code != 0


def test_a_scan_that_strikes_in_a_session_is_named(scene: DoctorScene) -> None:
    scene.simulator.fault("amsi_blocked", "Get-ActiveSyncOrganizationSettings")

    (finding,) = scene.checks()

    assert finding["check"] == "discovery: session"
    assert "antimalware scanning" in finding["said"]
    assert "AmsiRequestBodyScanning" in finding["next"]


def definition_of(scene: DoctorScene, simulator: RunningSimulator) -> str:
    text = scene.definition(url=simulator.url, ca_file=str(simulator.ca_file), **simulator.accounts)
    return scene.file(text)


@pytest.mark.parametrize(("tls_13", "why"), [("resets", "the connection is reset"), ("unsupported", "0x80070032")])
def test_a_server_that_gives_up_tls_13_is_signed_in_to_and_named(scene: DoctorScene, tls_13: str, why: str) -> None:
    with running_simulator(scene.exconn.folder, devices=1, tls_13=tls_13) as simulator:
        ran = scene.doctor("--file", definition_of(scene, simulator), "--json")

    warnings = {each["check"]: each["said"] for each in ran.json["checks"] if each["state"] == "warning"}
    assert ran.code == 0
    assert why in warnings["http"]
    assert "signed in with TLS 1.2 because over TLS 1.3" in warnings["discovery: tls"]


def test_the_server_that_answers_is_printed_beside_the_one_dialled(scene: DoctorScene) -> None:
    servers = json.dumps([{"name": "EX1", "host": "127.0.0.1", "version": "2019"}, {"name": "EX2", "version": "2016"}])
    with running_simulator(scene.exconn.folder, devices=1, servers=servers, back_end="EX2") as simulator:
        checks = scene.doctor("--file", definition_of(scene, simulator), "--json").json["checks"]

    signed_in = next(each for each in checks if each["check"] == "discovery: sign-in")
    versions = next(each for each in checks if each["check"] == "versions")
    assert signed_in["data"] == {"dialled": "127.0.0.1", "answering": "ex2.corp.example"}
    assert "on 127.0.0.1 with basic, which is not supported by Microsoft" in signed_in["said"]
    assert "ex2.corp.example answers" in signed_in["said"]
    assert "the server that answers is 2016" in versions["said"]


def test_a_proxy_that_asks_for_an_account_is_named_with_the_settings(scene: DoctorScene) -> None:
    with ConnectProxy(b"Proxy-Authorization: Basic x") as proxy:
        text = scene.definition().replace('auth = "basic"', f'auth = "basic"\nproxy = "{proxy.url}"')
        (finding,) = scene.checks("--file", scene.file(text))

    assert "it asks for an account" in finding["said"]
    assert "proxy_password_file" in finding["next"]
