"""Running the monitor: one process with the web server in the main thread and the projector beside it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from exconn.monitor.errors import AddressUnusableError
from exconn.settings import SettingProblem, SettingsError

#: Requests that still run this long after a signal are cut off, in seconds.
GRACE_SECONDS = 1
#: More open connections than this are refused with 503.
CONNECTION_LIMIT = 500
BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises AddressUnusableError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise AddressUnusableError(host, port, exc.strerror or str(exc)) from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise AddressUnusableError(host, port, exc.strerror or str(exc)) from exc
    return listener


def url_of(listener: socket.socket) -> str:
    """The address of a listening socket, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def announced(state_dir: Path, url: str) -> Iterator[None]:
    """Say in `monitor.json` where the monitor listens, for as long as it does. Raises SettingsError."""
    path = state_dir / "monitor.json"
    written = path.with_suffix(f".{os.getpid()}")
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        written.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
        written.replace(path)
    except OSError as exc:
        problem = f"cannot write {path} ({exc.strerror})"
        raise SettingsError(SettingProblem("EXCONN_STATE_DIR", problem, "name a folder that can be written")) from exc
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            if json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
                path.unlink()


class Ending:
    """Whether this process is to end, and by which signal."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.signal = 0

    def listen(self) -> None:
        """From now on SIGTERM and SIGINT only ask; call it in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self.signal = self.signal or number
        self.stop.set()


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again at the end, and the exit code would be the signal."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop_asked = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop_asked.is_set()


def serve(app: ASGIApp, listener: socket.socket, stop: threading.Event) -> None:
    """Answer requests until `stop`."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=CONNECTION_LIMIT,
    )
    asyncio.run(_Server(config, stop).serve(sockets=[listener]))
