"""Every way in which Exchange can fail, made by the simulator, and the type of error that results.

For a cmdlet that changes Exchange the question is always the same: was it executed once, and do we say so
when we can not know?
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exconn.exchange import (
    Ambiguous,
    CmdletMissing,
    Endpoint,
    EndpointRefused,
    ExchangeError,
    Malformed,
    RefusedByExchange,
    RefusedWithoutReason,
    RemotePowerShellDisabled,
    Session,
    SessionGone,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from exconn.simulator.errors import WsmanFault
from exconn.simulator.protocol import envelope
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator

CLEAR = "Clear-MobileDevice"
READ = "Get-MobileDevice"


def cleared(simulator: RunningSimulator, guid: str) -> int:
    """How often a wipe was executed for this device."""
    return len([e for e in simulator.oracle("Clear-*", guid=guid) if e["outcome"] == "ok"])


# -- a wipe, and the answer is lost ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "drop_answer"}, id="connection cut after it was executed"),
        pytest.param({"kind": "slow_answer", "seconds": 4.0}, id="executed and answered late"),
        pytest.param({"kind": "malformed"}, id="answer that nobody understands"),
    ],
)
def test_a_wipe_whose_answer_is_lost_is_ambiguous_and_never_sent_again(
    simulator: RunningSimulator, victim: str, fault: dict[str, object]
) -> None:
    endpoint = endpoint_of(simulator, operation_timeout=timedelta(seconds=1))
    with Session.open(endpoint) as session:
        dialect = session.dialect
        simulator.control("POST", "/faults", {"cmdlet": CLEAR, "times": 1, **fault})
        with pytest.raises(Ambiguous) as caught:
            session.clear_device(victim)
        session_id = session.session_id

    assert dialect == "MobileDevice"
    assert caught.value.changes_exchange
    assert (caught.value.cmdlet, caught.value.server, caught.value.session_id) == (CLEAR, "127.0.0.1", session_id)
    assert not session.usable
    assert cleared(simulator, victim) == 1


def test_a_wipe_whose_shell_goes_away_while_it_waits_is_ambiguous(simulator: RunningSimulator, victim: str) -> None:
    with Session.open(endpoint_of(simulator)) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault("slow", CLEAR, seconds=1.5)
        killer = threading.Timer(0.5, end_quietly, [endpoint_of(simulator), session.session_id])
        killer.start()
        with pytest.raises(Ambiguous) as caught:
            session.clear_device(victim)
        killer.join()

    assert caught.value.changes_exchange


def end_quietly(endpoint: object, session_id: str) -> None:
    from exconn.exchange import end_session

    end_session(endpoint, session_id)  # type: ignore[arg-type]


# -- a wipe that is refused clearly ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param("shell_gone", SessionGone, id="shell gone before the command"),
        pytest.param("unauthorized", Unauthorized, id="401 to the command"),
        pytest.param("error", RefusedByExchange, id="error of the cmdlet"),
        pytest.param("missing_cmdlet", CmdletMissing, id="cmdlet not in the role any more"),
    ],
)
def test_a_wipe_that_is_refused_clearly_says_so_and_was_not_executed(
    simulator: RunningSimulator, victim: str, fault: str, expected: type[ExchangeError]
) -> None:
    with Session.open(endpoint_of(simulator)) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault(fault, CLEAR)
        with pytest.raises(expected) as caught:
            session.clear_device(victim)

    assert str(caught.value).startswith(f"Invoking cmdlet {CLEAR} failed")
    assert cleared(simulator, victim) == 0


def test_a_wipe_answered_by_503_may_have_been_executed_for_all_we_know(
    simulator: RunningSimulator, victim: str
) -> None:
    with Session.open(endpoint_of(simulator)) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault("refuse", CLEAR)
        with pytest.raises(Ambiguous):
            session.clear_device(victim)


def test_a_session_lives_on_after_a_clear_refusal(simulator: RunningSimulator, session: Session, victim: str) -> None:
    simulator.fault("error", READ)
    with pytest.raises(RefusedByExchange):
        session.device(victim)

    assert session.usable
    assert session.device(victim).guid == victim


# -- reading --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param("drop_answer", Ambiguous, id="connection cut"),
        pytest.param("refuse", Ambiguous, id="503"),
        pytest.param("shell_gone", SessionGone, id="shell gone"),
        pytest.param("unauthorized", Unauthorized, id="401"),
        pytest.param("malformed", Malformed, id="malformed"),
    ],
)
def test_reading_fails_by_type(
    simulator: RunningSimulator, victim: str, fault: str, expected: type[ExchangeError]
) -> None:
    with Session.open(endpoint_of(simulator)) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault(fault, READ)
        with pytest.raises(expected) as caught:
            session.device(victim)

    assert not isinstance(caught.value, Ambiguous) or not caught.value.changes_exchange
    assert not session.usable


def test_a_slow_cmdlet_is_waited_for(simulator: RunningSimulator, session: Session, victim: str) -> None:
    assert session.dialect == "MobileDevice"
    simulator.fault("slow", READ, seconds=2.0)

    assert session.device(victim).guid == victim


def test_silence_ends_at_the_operation_timeout(simulator: RunningSimulator, victim: str) -> None:
    with Session.open(endpoint_of(simulator, operation_timeout=timedelta(seconds=1))) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault("slow", READ, seconds=6.0)
        started = time.monotonic()
        with pytest.raises(Ambiguous):
            session.device(victim)

    assert time.monotonic() - started < 5


# -- opening --------------------------------------------------------------------------------------------------


def failing_to_open(endpoint: Endpoint, expected: type[ExchangeError]) -> ExchangeError:
    with pytest.raises(expected) as caught:
        Session.open(endpoint)
    assert str(caught.value).startswith("Failed to open runspace for site Berlin: ")
    return caught.value


def test_a_wrong_password_is_unauthorized_and_stays_secret(simulator: RunningSimulator) -> None:
    error = failing_to_open(endpoint_of(simulator, password="wr0ng-secret"), Unauthorized)

    assert "wr0ng-secret" not in f"{error} {error!r} {error.__cause__!r}"


def test_an_error_never_is_its_own_cause(simulator: RunningSimulator) -> None:
    """Whoever walks along the causes used to walk for ever."""
    error = failing_to_open(endpoint_of(simulator, password="wrong"), Unauthorized)

    assert error.__cause__ is not error


def test_an_authority_that_is_not_ours_is_untrusted(simulator: RunningSimulator) -> None:
    requests = simulator.counters()["requests"]

    failing_to_open(endpoint_of(simulator, ca_file=None), UntrustedCertificate)

    assert simulator.counters()["requests"] == requests


def test_a_name_that_the_certificate_is_not_for_is_untrusted(simulator: RunningSimulator) -> None:
    with https_server(simulator, 200, {}, b"", host="127.0.0.2") as (url, seen), pytest.raises(UntrustedCertificate):
        Session.open(endpoint_of(simulator, url=url))

    assert seen == []


def test_environment_proxies_and_authorities_are_ignored(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere/ca.pem")

    with Session.open(endpoint_of(simulator)) as session:
        assert session.usable


def test_a_port_that_nobody_serves_is_unreachable() -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
    with pytest.raises(Unreachable):
        Session.open(plain_endpoint(f"https://127.0.0.1:{port}/PowerShell/"))


def test_a_refused_opening_is_unreachable_and_leaves_no_shell(simulator: RunningSimulator) -> None:
    shells = simulator.counters()["open_shells"]
    simulator.fault("refuse")

    failing_to_open(endpoint_of(simulator), Unreachable)

    assert simulator.counters()["open_shells"] == shells


def test_a_missing_first_cmdlet_fails_the_opening_and_leaves_no_shell(simulator: RunningSimulator) -> None:
    shells = simulator.counters()["open_shells"]
    simulator.fault("missing_cmdlet", "Set-ADServerSettings", times=-1)

    with pytest.raises(CmdletMissing) as caught:
        Session.open(endpoint_of(simulator))

    assert caught.value.cmdlet == "Set-ADServerSettings"
    assert simulator.counters()["open_shells"] == shells


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"url": "http://127.0.0.1:1/PowerShell/"}, id="password over http"),
        pytest.param({"url": "https://user:pw@127.0.0.1/PowerShell/"}, id="credentials in the address"),
        pytest.param({"url": "127.0.0.1/PowerShell"}, id="no scheme"),
        pytest.param({"url": "https://127.0.0.1:x/"}, id="no port"),
        pytest.param({"url": "https://127.0.0.1/Power Shell/"}, id="blank in the address"),
        pytest.param({"url": "https://127.0.0.1/PowerShell/\u00a7"}, id="letters beyond ASCII in the address"),
        pytest.param({"username": "CORP:svc"}, id="colon in a name for Basic"),
        pytest.param({"operation_timeout": timedelta(0)}, id="no time"),
        pytest.param({"connect_timeout": timedelta(days=1)}, id="endless"),
    ],
)
def test_an_unsafe_endpoint_can_not_be_made(simulator: RunningSimulator, settings: dict[str, Any]) -> None:
    with pytest.raises(EndpointRefused) as caught:
        endpoint_of(simulator, **settings)

    assert caught.value.setting in settings
    assert caught.value.remedy


# -- servers that are no Exchange -----------------------------------------------------------------------------


def plain_endpoint(url: str, ca_file: Path | None = None) -> Endpoint:
    return Endpoint(
        url=url,
        username="svc",
        password=SecretStr("pw"),
        ca_file=ca_file,
        connect_timeout=timedelta(seconds=2),
        operation_timeout=timedelta(seconds=2),
    )


@contextmanager
def https_server(
    simulator: RunningSimulator, status: int, headers: dict[str, str], body: bytes, host: str = "127.0.0.1"
) -> Iterator[tuple[str, list[str]]]:
    """A server with the simulator's certificate that answers every request alike: its address, and what it saw."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer((host, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = (simulator.state_dir / name for name in ("server.pem", "server.key"))
    context.load_cert_chain(certificate, key if key.exists() else None)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://{host}:{server.server_address[1]}/PowerShell/", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


ENTITY = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
NOTHING_SAID = envelope.fault("uuid:1", WsmanFault("", "", sender=False))
SOAP = {"Content-Type": "application/soap+xml;charset=UTF-8"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        pytest.param(302, {"Location": "/elsewhere"}, b"", Unreachable, id="redirect"),
        pytest.param(307, {"Location": "/elsewhere"}, b"", Unreachable, id="redirect that repeats"),
        pytest.param(200, {"Content-Type": "text/html"}, b"<html/>", RemotePowerShellDisabled, id="web page"),
        pytest.param(200, SOAP, ENTITY, Malformed, id="document type"),
        pytest.param(500, SOAP, ENTITY, Unreachable, id="document type in a fault"),
        pytest.param(200, SOAP, b"\xff\xfe", Malformed, id="no UTF-8"),
        pytest.param(200, SOAP, b"x" * (9 * 1024 * 1024), Malformed, id="endless"),
        pytest.param(200, SOAP, b"<a/>", Malformed, id="no envelope"),
        pytest.param(500, {}, b"", Unreachable, id="empty 500"),
        pytest.param(500, SOAP, NOTHING_SAID, RefusedWithoutReason, id="fault that says nothing"),
        pytest.param(500, SOAP, NOTHING_SAID[:-30], Unreachable, id="fault cut off"),
        pytest.param(500, SOAP, NOTHING_SAID * 2, Unreachable, id="fault doubled"),
        pytest.param(500, {"Content-Type": "text/html"}, NOTHING_SAID, Unreachable, id="fault as a page"),
        pytest.param(500, SOAP, b"<html/>", Unreachable, id="page as SOAP"),
        pytest.param(403, {}, b"", Unauthorized, id="403"),
    ],
)
def test_a_server_that_is_no_exchange_is_refused(
    simulator: RunningSimulator, status: int, headers: dict[str, str], body: bytes, expected: type[ExchangeError]
) -> None:
    ca_file = Path(simulator.ca_file or "")

    with https_server(simulator, status, headers, body) as (url, seen), pytest.raises(expected):
        Session.open(plain_endpoint(url, ca_file))

    assert set(seen) == {"/PowerShell/"}
