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

import uvicorn
from starlette.types import ASGIApp

from exconn.logs import get_logger
from exconn.monitor.errors import AddressUnusableError

logger = get_logger(__name__)

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
    """Say in `monitor.json` where the monitor listens, for as long as it does."""
    path = state_dir / "monitor.json"
    state_dir.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(f".{os.getpid()}")
    written.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
    written.replace(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            if json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
                path.unlink()


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again at the end, and the exit code would be the signal."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(app: ASGIApp, listener: socket.socket, stop: threading.Event) -> int:
    """Answer requests until SIGTERM or SIGINT; returns the signal's number. Sets `stop` when it comes."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=CONNECTION_LIMIT,
    )
    server = _Server(config)
    received = 0

    def end(number: int) -> None:
        nonlocal received
        received = received or number
        stop.set()
        server.should_exit = True

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end, number)
        await server.serve(sockets=[listener])

    asyncio.run(run())
    return received
