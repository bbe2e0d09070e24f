"""Syslog as a second place of checkpoints: one message of RFC 5424 for each, by the standard library's handler.

Over UDP nobody says whether a message arrived; over TCP and a Unix socket a server that is away is noticed. Messages
over TCP end with a line feed (RFC 6587), as all servers take them.
"""

import logging
import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from urllib.parse import urlsplit

from exconn.audit import Checkpoint
from exconn.audit.anchors import MARK, as_text

#: How long a server may take to be connected with, or to take a message.
WITHIN_SECONDS = 5.0
_KINDS = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
#: Of each kind, the port where none is named: RFC 5426, and what servers of syslog over plain TCP listen on.
_PORTS = {"udp": 514, "tcp": 601}
_NOTICE = "exconn.audit.checkpoint"


@dataclass(frozen=True, kw_only=True)
class SyslogAddress:
    """Where a server of syslog listens: a host and port, or the path of a Unix socket."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""

    @classmethod
    def of(cls, url: str) -> "SyslogAddress":
        """`udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:///PATH`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
            return cls(scheme="unix", path=parts.path)
        if parts.scheme not in _KINDS or not parts.hostname or parts.path.strip("/"):
            raise ValueError("write udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH")
        return cls(scheme=parts.scheme, host=parts.hostname, port=parts.port or _PORTS[parts.scheme])


class Syslog:
    """Sends each checkpoint over a connection of its own: one that broke since would swallow it unseen."""

    name = "syslog"

    def __init__(self, address: SyslogAddress) -> None:
        self._address = address

    def add(self, checkpoint: Checkpoint) -> None:
        """Send it. Raises OSError where nobody takes it."""
        record = logging.LogRecord(_NOTICE, logging.INFO, "", 0, MARK + as_text(checkpoint), None, None)
        handler = _Handler(self._address)
        try:
            handler.emit(record)
        finally:
            handler.close()


class _Handler(SysLogHandler):
    """The library's handler, which frames, connects and sends; trouble is raised in place of printed."""

    append_nul = False

    def __init__(self, address: SyslogAddress) -> None:
        self._stream = address.scheme == "tcp"
        self._peer = (address.host, address.port)
        where = address.path or self._peer
        super().__init__(where, facility=SysLogHandler.LOG_AUTHPRIV, socktype=_KINDS.get(address.scheme))

    def createSocket(self) -> None:  # noqa: N802 (the library's name)
        if self._stream:
            self.unixsocket = False
            self.socket = socket.create_connection(self._peer, timeout=WITHIN_SECONDS)
            return
        super().createSocket()
        # Of a Unix socket that is away the library says so when it sends.
        if self.socket is not None and self.socket.fileno() >= 0:
            self.socket.settimeout(WITHIN_SECONDS)

    def format(self, record: logging.LogRecord) -> str:
        """The message of RFC 5424 behind its priority, which the library puts in front."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = f"1 {moment} {socket.gethostname()[:255]} exconn-monitor {os.getpid()} checkpoint - "
        return head + record.getMessage() + ("\n" if self._stream else "")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 (the library's names)
        """Called where a message could not be sent, while the reason is handled."""
        if (reason := sys.exception()) is not None:
            raise reason
