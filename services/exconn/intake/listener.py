"""The HTTP server as a thread of the process, started before the Celery door and stopped after it."""

import socket
import threading
import time
from datetime import timedelta

import uvicorn
from fastapi import FastAPI

#: Requests at the same time; more are answered 503 at once.
MOST_CONCURRENT = 200
KEEP_ALIVE_SECONDS = 5
START_WITHIN = timedelta(seconds=30)
STOP_WITHIN = timedelta(seconds=10)


class ListenError(Exception):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, detail: str) -> None:
        self.host = host
        self.port = port
        super().__init__(f"cannot listen on {host}:{port} ({detail}): set EXCONN_INTAKE_PORT to a free port")


class Listener:
    """An HTTP server for `app` on one address. The socket is open on return: no request is refused in between."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        self._socket = _listening(host, port)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            limit_concurrency=MOST_CONCURRENT,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(STOP_WITHIN.total_seconds()),
            lifespan="off",
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Serve; returns when requests are answered. Raises ListenError when that does not come."""
        self._thread.start()
        tick = threading.Event()
        deadline = time.monotonic() + START_WITHIN.total_seconds()
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                host, port = self._socket.getsockname()[:2]
                raise ListenError(host, port, "the HTTP server did not start")
            tick.wait(0.01)

    def stop(self) -> None:
        """Finish the requests under way, bounded in time."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN.total_seconds() + 1)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError as exc:
        listening.close()
        raise ListenError(host, port, exc.strerror or str(exc)) from exc
    return listening
