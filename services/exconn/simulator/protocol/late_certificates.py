"""A client certificate that is asked for after the handshake, as the PowerShell directory does; over TLS 1.3.

Whom Windows' HTTP service cannot ask, it resets (Server 2022), or answers with "not supported" (Server 2025).
"""

import os
import struct
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET, socket
from ssl import CERT_OPTIONAL, SSLContext, SSLError, SSLSocket
from typing import Literal

from exconn.simulator.errors import BareAnswer, ConnectionCut

Tls13 = Literal["plain", "asks", "resets", "unsupported"]
_AT_ONCE = struct.pack("ii", 1, 0)
_PAGE = b"<html><body><h2>500 - Internal server error.</h2><p>Error code 0x80070032</p></body></html>"


def prepare(context: SSLContext, tls_13: Tls13, authority: Path) -> None:
    """Let a server's context ask late, where it is to."""
    if tls_13 == "asks":
        context.load_verify_locations(authority)
        context.verify_mode = CERT_OPTIONAL
        context.post_handshake_auth = True


def ask_late(connection: socket, tls_13: Tls13) -> None:
    """Ask on a connection of TLS 1.3; ConnectionCut or BareAnswer where that does not come about."""
    if tls_13 == "plain" or not isinstance(connection, SSLSocket) or connection.version() != "TLSv1.3":
        return
    if tls_13 == "unsupported":
        raise BareAnswer(500, {"Server": "Microsoft-HTTPAPI/2.0", "Content-Type": "text/html"}, _PAGE)
    if tls_13 == "asks":
        try:
            connection.verify_client_post_handshake()
        except SSLError:
            pass
        else:
            return
    _reset(connection)
    raise ConnectionCut


def _reset(connection: SSLSocket) -> None:
    """Ended without a word, also where files still read from it."""
    connection.setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
    os.close(connection.detach())
