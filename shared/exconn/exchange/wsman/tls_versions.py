"""Servers that are spoken to with TLS 1.2 at most, as they cannot sign anybody in over TLS 1.3.

The PowerShell directory asks for a client certificate once a request has named it. TLS 1.3 can do that only with
post-handshake authentication, and Windows' HTTP service gives up where it does not come about: Server 2022 resets the
connection, Server 2025 answers HTTP 500 with the code "not supported". Remembered for the life of the process.
"""

import threading

from exconn.exchange.error_mapping import NoAnswer

#: Beyond this many the server that was remembered first is forgotten, and found out again.
MOST_REMEMBERED = 256
#: "The request is not supported", as an HRESULT.
NOT_SUPPORTED = b"80070032"
_READ = 4096

_lock = threading.Lock()
_lowered: dict[tuple[str, int], str] = {}


class ConnectionReset(NoAnswer):
    """The connection was reset after a request had left."""


class Tls13Refused(NoAnswer):
    """HTTP 500 with the code by which Server 2025 says that it cannot ask for a certificate."""

    def __init__(self) -> None:
        super().__init__("HTTP 500 with 0x80070032, not supported")


def is_refused(status: int, body: bytes) -> bool:
    """Whether an answer is that of a server that cannot ask for a certificate."""
    return status == 500 and NOT_SUPPORTED in body[:_READ]


def lowered(server: str, port: int) -> str:
    """Why that server is spoken to with TLS 1.2; empty where it is not."""
    with _lock:
        return _lowered.get((server, port), "")


def remember_lowered(server: str, port: int, why: str) -> None:
    """Speak to that server with TLS 1.2 from now on."""
    with _lock:
        while len(_lowered) >= MOST_REMEMBERED:
            del _lowered[next(iter(_lowered))]
        _lowered[server, port] = why


def forget_lowered() -> None:
    """Find all out again."""
    with _lock:
        _lowered.clear()
