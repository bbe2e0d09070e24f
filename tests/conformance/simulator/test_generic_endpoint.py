"""The test-only endpoint for generic clients, which say Invoke-Expression and want text."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pypsrp.client import Client
from pypsrp.complex_objects import ObjectMeta, PSInvocationState
from pypsrp.host import PSHost
from pypsrp.powershell import PowerShell, RunspacePool

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.raw_wsman import EXCHANGE, TRANSFER, RawClient, create_pipeline, fragment, message
from tests.support.exchange.simulator import RunningSimulator, running_simulator

#: Behind each line of WinRb.
EXIT_CODE = "if (!$?) { if($LASTEXITCODE) { exit $LASTEXITCODE } else { exit 1 } }"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("generic"), devices=20, generic_endpoint=True) as running:
        yield running


@pytest.fixture
def session(simulator: RunningSimulator) -> Iterator[PypsrpSession]:
    with ExitStack() as stack:
        wsman = Sessions(simulator, stack).wsman(path="wsman")
        pool = RunspacePool(wsman)
        pool.open()
        yield PypsrpSession(pool, wsman)
        pool.close()
        wsman.close()


def expression(session: PypsrpSession, line: str, *, stream: bool = True) -> PowerShell:
    shell = PowerShell(session.pool)
    shell.add_cmdlet("Invoke-Expression").add_parameter("Command", line)
    shell.add_cmdlet("Out-String")
    if stream:
        shell.add_parameter("Stream", True)
    return shell


def test_line_of_cmdlets_comes_back_as_lines_of_text(session: PypsrpSession, simulator: RunningSimulator) -> None:
    device = simulator.devices(limit=1)[0]
    outcome = session.finish(expression(session, f"Get-MobileDevice -Identity '{device['guid']}'"))
    lines = {line.split(" : ")[0].strip(): line.split(" : ")[1] for line in outcome.output if " : " in line}
    assert (lines["DeviceId"], lines["DeviceAccessState"]) == (device["device_id"], device["state"])
    assert lines["Identity"] == device["identity"]
    assert lines["ObjectClass"] == "{top, msExchActiveSyncDevice}"


def test_without_stream_the_text_of_a_statement_is_one_string(session: PypsrpSession) -> None:
    output = session.finish(expression(session, "Write-Output 'one', 'two'; 'three'", stream=False)).output
    assert output == ["one\r\ntwo\r\n", "three\r\n"]


def test_script_text_of_the_same_kind_is_understood(session: PypsrpSession) -> None:
    shell = PowerShell(session.pool).add_script("Get-MobileDevice -ResultSize 2 | Measure-Object")
    assert session.finish(shell).records[0]["Count"] == 2


@pytest.mark.parametrize("ending", ["\r\n", "; "])
def test_what_winrb_writes_behind_each_line_is_not_part_of_it(session: PypsrpSession, ending: str) -> None:
    assert session.finish(expression(session, f"Write-Output 'one'{ending}{EXIT_CODE}")).output == ["one"]


@pytest.mark.parametrize(
    ("line", "code", "errors"),
    [
        ("Write-Output 'one'", None, 0),
        ("Get-MobileDevice -Identity nobody", 1, 1),
        ("Get-Nothing", 1, 1),
        ("Write-Output 'one'; Get-MobileDevice -Identity nobody", 1, 1),
        ("Get-Nothing; Write-Output 'one'", None, 1),
    ],
)
def test_who_asks_for_an_exit_code_is_told_when_the_last_statement_failed(
    simulator: RunningSimulator, line: str, code: int | None, errors: int
) -> None:
    host = PSHost(None, None, False, None, None, None, "1.0")
    with ExitStack() as stack:
        wsman = stack.enter_context(Sessions(simulator, stack).wsman(path="wsman"))
        pool = stack.enter_context(RunspacePool(wsman, host=host))
        session = PypsrpSession(pool, wsman)
        outcome = session.finish(expression(session, f"{line}\r\n{EXIT_CODE}"))

    assert (host.rc, len(outcome.errors), outcome.state) == (code, errors, PSInvocationState.COMPLETED)


def test_a_line_that_is_not_understood_has_no_exit_code(session: PypsrpSession) -> None:
    outcome = session.finish(expression(session, f"Get-ChildItem | % {{ $_ }}\r\n{EXIT_CODE}"))

    assert (outcome.state, outcome.errors[0].fq_error) == (PSInvocationState.FAILED, "NotUnderstood")


def test_anything_else_is_refused_and_runs_nothing(session: PypsrpSession, simulator: RunningSimulator) -> None:
    before = len(simulator.oracle())
    outcome = session.finish(expression(session, "Get-MobileDevice; Get-ChildItem | % { $_ }"))
    assert outcome.state == PSInvocationState.FAILED
    assert outcome.errors[0].fq_error == "NotUnderstood"
    assert len(simulator.oracle()) == before


def test_rights_are_those_of_the_account(session: PypsrpSession) -> None:
    outcome = session.finish(expression(session, "New-ActiveSyncMailboxPolicy -Name 'x'"))
    assert [e.fq_error for e in outcome.errors] == ["CommandNotFoundException"]


def test_what_a_generic_client_calls_hello_world_works(simulator: RunningSimulator) -> None:
    address = urlsplit(simulator.url)
    client = Client(
        str(address.hostname),
        port=address.port,
        username=simulator.username("actions"),
        password=simulator.password("actions"),
        ssl=True,
        auth="basic",
        cert_validation=simulator.ca_file,
    )
    output, streams, had_errors = client.execute_ps("'hello'")
    client.close()
    assert (output.strip(), had_errors, streams.error) == ("hello", False, [])


@pytest.mark.check("secure strings")
def test_secure_string_travels_both_ways(session: PypsrpSession) -> None:
    session.pool.exchange_keys()
    secret = session.pool.serialize("s3cret § text", ObjectMeta("SS"))
    outcome = session.finish(session.prepare("Write-Output", InputObject=secret))
    assert (outcome.output, outcome.errors) == (["s3cret § text"], [])


@pytest.mark.check("secure strings")
def test_secure_string_without_a_key_is_refused_and_the_shell_stays(simulator: RunningSimulator) -> None:
    client = RawClient(simulator)
    client.open()
    body = create_pipeline("Get-CASMailbox", ("Anr", '<SS N="V">bm8ga2V5IHdhcyBldmVyIHNlbnQ=</SS>'))
    data = fragment(client.next_object(), message(0x21006, client.pool, uuid.uuid4(), body))
    assert client.command_bytes(data, str(uuid.uuid4()).upper()).status == 500
    assert client.finish(client.run("Get-ActiveSyncOrganizationSettings"))[-1].is_done
    client.delete()
    client.close()


def test_configuration_may_be_asked(simulator: RunningSimulator) -> None:
    client = RawClient(simulator, path="/wsman")
    assert b"<cfg:MaxEnvelopeSizekb>500<" in client.request(f"{TRANSFER}/Get", resource=CONFIG).body
    client.close()


def test_shells_of_one_endpoint_are_unknown_to_the_other(simulator: RunningSimulator) -> None:
    exchange, generic = RawClient(simulator), RawClient(simulator, path="/wsman")
    exchange.open()
    generic.shell_id = exchange.shell_id
    assert generic.delete().fault_code == "2150858843"
    generic.shell_id = str(uuid.uuid4()).upper()
    assert generic.create(resource=EXCHANGE).fault_code == "2150858811"
    exchange.delete()
    exchange.close()
    generic.close()


def test_endpoint_is_not_there_unless_asked_for(tmp_path: Path) -> None:
    with running_simulator(tmp_path) as plain:
        client = RawClient(plain, path="/wsman")
        assert client.post(b"<x/>", path="/wsman")[0] == 404
        client.close()
