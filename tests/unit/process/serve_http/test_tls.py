"""An HTTP server with a certificate of its own: TLS 1.2 or newer, certificates renewed without a restart, limits."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from exconn.process.listening_socket import listen
from exconn.process.serve_http import CertificateError, HttpLimits, HttpServer, ServerCertificate, server_certificate
from tests.support.machine.processes import wait_until
from tests.support.network.certificates import certificate_files

SOON = timedelta(seconds=10)


async def says_its_scheme(scope: Any, _receive: Any, send: Any) -> None:
    body: bytes = scope["scheme"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    certificate_files(tmp_path)
    return tmp_path


@pytest.fixture
def certificate(files: Path) -> ServerCertificate:
    return ServerCertificate(files / "tls.crt", files / "tls.key", settings="EXCONN_INTAKE")


@contextlib.contextmanager
def served(certificate: ServerCertificate, limits: HttpLimits | None = None) -> Iterator[int]:
    listener = listen("127.0.0.1", 0, settings="EXCONN_TEST")
    port: int = listener.getsockname()[1]
    one_second = timedelta(seconds=1)
    with HttpServer(says_its_scheme, listener, stop_within=one_second, limits=limits, certificate=certificate) as made:
        assert made.url == f"https://127.0.0.1:{port}"
        yield port


def trusting(files: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=files / "ca.crt")


def asked(port: int, context: ssl.SSLContext) -> bytes:
    with contextlib.closing(HTTPSConnection("127.0.0.1", port, timeout=10, context=context)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read()


def test_requests_are_answered_over_tls_and_none_without_it(certificate: ServerCertificate, files: Path) -> None:
    with served(certificate) as port:
        assert asked(port, trusting(files)) == b"https"
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert b"HTTP" not in plain.recv(4096)


def test_no_version_before_tls_1_2_is_spoken(certificate: ServerCertificate) -> None:
    # By its setting: the libraries of today refuse older versions by themselves, those of another machine may not.
    assert certificate.context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_certificate_that_was_replaced_is_taken_without_a_restart(certificate: ServerCertificate, files: Path) -> None:
    with served(certificate) as port:
        before = trusting(files)
        assert asked(port, before) == b"https"
        certificate_files(files)

        assert asked(port, trusting(files)) == b"https"
        with pytest.raises(ssl.SSLCertVerificationError):
            asked(port, before)


def test_pair_that_cannot_be_used_leaves_the_one_in_force(certificate: ServerCertificate, files: Path) -> None:
    with served(certificate) as port:
        known = trusting(files)
        (files / "tls.crt").write_text("half a certif", encoding="ascii")

        assert asked(port, known) == b"https"


def test_silent_connections_take_no_more_room_than_without_tls(certificate: ServerCertificate, files: Path) -> None:
    limits = HttpLimits(connections=4, per_peer=4, header_within=timedelta(minutes=1))
    with served(certificate, limits) as port, contextlib.ExitStack() as held:
        silent = [held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(8)]

        wait_until(lambda: sum(map(_is_closed, silent)) >= 4, SOON, "the longest silent ones to be closed")
        assert asked(port, trusting(files)) == b"https"


def test_handshake_that_does_not_end_in_time_closes_the_connection(certificate: ServerCertificate) -> None:
    with (
        served(certificate, HttpLimits(header_within=timedelta(seconds=0.3))) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as silent,
    ):
        wait_until(lambda: _is_closed(silent), SOON, "the server to close")


@pytest.mark.parametrize(("chain", "key", "named"), [("tls.crt", None, "CERT"), (None, "tls.key", "KEY")])
def test_one_of_the_two_files_alone_is_refused(files: Path, chain: str | None, key: str | None, named: str) -> None:
    with pytest.raises(CertificateError, match=f"EXCONN_MONITOR_TLS_{named}_FILE.*name both"):
        server_certificate(chain and files / chain, key and files / key, settings="EXCONN_MONITOR")  # type: ignore[arg-type]


def test_without_files_there_is_no_tls() -> None:
    assert server_certificate(None, None, settings="EXCONN_MONITOR") is None


def test_files_that_cannot_be_used_are_refused_with_their_setting(files: Path) -> None:
    with pytest.raises(CertificateError, match=r"EXCONN_INTAKE_TLS_KEY_FILE.*No such file"):
        ServerCertificate(files / "tls.crt", files / "absent", settings="EXCONN_INTAKE")
    with pytest.raises(CertificateError, match=r"EXCONN_INTAKE_TLS_CERT_FILE.*no pair"):
        ServerCertificate(files / "tls.key", files / "tls.key", settings="EXCONN_INTAKE")


def test_key_that_others_may_read_is_refused(files: Path) -> None:
    (files / "tls.key").chmod(0o644)
    with pytest.raises(CertificateError, match=r"EXCONN_INTAKE_TLS_KEY_FILE.*others may read it; chmod 600"):
        ServerCertificate(files / "tls.crt", files / "tls.key", settings="EXCONN_INTAKE")


def _is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
