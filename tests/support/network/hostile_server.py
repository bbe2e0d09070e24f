"""A server on loopback that answers as it should not, and remembers every byte that it was told."""

import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: Between two pieces of an answer that drips.
DRIP_SECONDS = 0.05
_CHUNK = 65536
_TLS_RECORD = b"\x16\x03"


@dataclass(frozen=True)
class Request:
    """One request: its number on this server, from 1; head and body."""

    number: int
    head: bytes
    body: bytes


#: The pieces of an answer; the connection ends after them. Endless pieces drip until the client gives up.
Answers = Callable[[Request], Iterable[bytes]]


def http_answer(status: int, body: bytes = b"", **headers: str) -> list[bytes]:
    """A whole answer in one piece; `Content_Type` becomes Content-Type."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return [("\r\n".join(lines) + "\r\n\r\n").encode() + body]


class Hostile:
    """Serves until the end of the `with` block. `seen` is what clients said, opened where it came by TLS."""

    def __init__(self, answers: Answers, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._answers = answers
        self._tls = tls
        self._listener = create_server((host, 0))
        self._over = threading.Event()
        self._open: list[socket] = []
        self._lock = threading.Lock()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}/PowerShell/"
        self.seen = bytearray()
        self.connections = 0
        self.requests = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for connection in (self._listener, *self._open):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket) -> None:
        with suppress(OSError), plain:
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._open.append(connection)
            self._converse(connection)
            connection.close()

    def _converse(self, connection: socket) -> None:
        with suppress(OSError):
            while (request := self._heard(connection)) is not None:
                for piece in self._answers(request):
                    connection.sendall(piece)
                    if self._over.wait(DRIP_SECONDS):
                        return

    def _heard(self, connection: socket) -> Request | None:
        data = b""
        while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length_of(data):
            piece = connection.recv(_CHUNK)
            if not piece:
                return None
            self.seen += piece
            data += piece
            if data.startswith(_TLS_RECORD):
                # To a server without TLS a handshake is a bad request.
                break
        with self._lock:
            self.requests += 1
            head, _, body = data.partition(b"\r\n\r\n")
            return Request(self.requests, head, body)


def _length_of(data: bytes) -> int:
    for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def tls_files(directory: Path, *names: str, until: timedelta = timedelta(days=1)) -> tuple[Path, ssl.SSLContext]:
    """An authority's file, and the context of a server with a certificate for these names, valid so long from now."""
    now = datetime.now(UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
    builder = x509.CertificateBuilder().issuer_name(ca_name).not_valid_before(now - timedelta(days=30))
    ca = (
        builder.subject_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    server = (
        builder.subject_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ca_file, server_file = directory / "authority.pem", directory / "hostile.pem"
    ca_file.write_bytes(ca.public_bytes(pem))
    server_file.write_bytes(server.public_bytes(pem) + key.private_bytes(*private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    return ca_file, context


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
