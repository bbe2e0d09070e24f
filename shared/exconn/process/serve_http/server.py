"""An HTTP server as a thread of the process."""

import socket
import threading
import time
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import uvicorn

from exconn.process.listening_socket import url_of
from exconn.process.serve_http.certificate import ServerCertificate
from exconn.process.serve_http.handshake import handshake_with
from exconn.process.serve_http.limits import HttpLimits
from exconn.process.serve_http.protocol import BoundedConfig

START_WITHIN = timedelta(seconds=30)


class HttpServer:
    """Serves an ASGI application on a socket that listens already, from `start` to `stop`; over TLS with a
    certificate, which may change meanwhile.
    """

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        *,
        stop_within: timedelta,
        limits: HttpLimits | None = None,
        certificate: ServerCertificate | None = None,
    ) -> None:
        self.url = url_of(listener, tls=certificate is not None)
        self._listener = listener
        self._stop_within = stop_within
        config = BoundedConfig(
            app,
            limits or HttpLimits(),
            stop_within=int(stop_within.total_seconds()),
            http=handshake_with(certificate) if certificate else None,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Serve; returns when requests are answered. Raises RuntimeError when that does not come."""
        self._thread.start()
        tick = threading.Event()
        deadline = time.monotonic() + START_WITHIN.total_seconds()
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the HTTP server at {self.url} did not start")
            tick.wait(0.01)

    def stop(self) -> None:
        """Take no more requests and finish those under way, bounded in time."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(self._stop_within.total_seconds() + 1)
        self._listener.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])
