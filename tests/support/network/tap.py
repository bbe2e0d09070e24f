"""Something on the way that hears all bytes and may change those of the server: between a client and a simulator."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from tests.support.exchange.simulator import RunningSimulator

_CHUNK = 1024 * 1024


class Tap:
    """Passes TCP connections on. `sent` and `received` are what the client said and heard."""

    def __init__(self, simulator: RunningSimulator, host: str = "127.0.0.1") -> None:
        address = urlsplit(simulator.url)
        self._target = (str(address.hostname), int(address.port or 0))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.url = f"{address.scheme}://{host}:{self._listener.getsockname()[1]}{address.path}"
        self.sent = bytearray()
        self.received = bytearray()
        #: Changes each piece that the server says; whole answers, as long as they leave in one write.
        self.damage: Callable[[bytes], bytes] | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection, as a load balancer ends idle ones."""
        while self._open:
            connection = self._open.pop()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._open += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server, self.sent, None), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, self.received, self), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, heard: bytearray, tap: "Tap | None") -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                heard += data
                target.sendall(tap.damage(data) if tap is not None and tap.damage else data)
        for connection in (source, target):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
