"""A TCP proxy on loopback that loses answers on purpose: the request has arrived and was done, the answer never comes.

Only bytes from the server to the client are ever lost, so a test knows that the call has happened.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from enum import Enum

CHUNK = 65536
CONNECT_WITHIN_SECONDS = 5.0


class Loss(Enum):
    """How an answer is lost: the connection ends instead, or stays open without a word."""

    CUT = "cut"
    SILENCE = "silence"


class Proxy:
    """Passes bytes between any number of clients and one server, until told to lose an answer or to refuse."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._lock = threading.Lock()
        self._next_loss: Loss | None = None
        self._passing = 0
        self._refusing = False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.lost = 0
        self.refused = 0

    @property
    def url(self) -> str:
        """The address for a Redis client."""
        return f"redis://127.0.0.1:{self.port}/0"

    def lose_next_answer(self, how: Loss, *, after: int = 0) -> None:
        """Lose the next bytes that the server says, on whichever connection; `after` so many answers that arrive."""
        with self._lock:
            self._next_loss, self._passing = how, after

    def refuse(self, *, refusing: bool = True) -> None:
        """End every connection, and each new one at once, until `refuse(refusing=False)`."""
        with self._lock:
            self._refusing = refusing
            gone = list(self._open) if refusing else []
        for connection in gone:
            _end(connection)

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        _end(self._listener)
        self.refuse()

    def __enter__(self) -> "Proxy":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._kept(client):
            if self._refusing:
                self.refused += 1
                return
            address = ("127.0.0.1", self._target_port)
            try:
                server = socket.create_connection(address, timeout=CONNECT_WITHIN_SECONDS)
            except OSError:
                return
            server.settimeout(None)
            with self._kept(server):
                asking = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
                asking.start()
                self._answer(server, client)
                _end(client)
                asking.join(timeout=CONNECT_WITHIN_SECONDS)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        silent = False
        for heard in _heard(server):
            loss = self._take_loss()
            if loss is Loss.CUT:
                return
            silent = silent or loss is Loss.SILENCE
            if not silent and not _sent(client, heard):
                return

    def _take_loss(self) -> Loss | None:
        with self._lock:
            if self._passing > 0:
                self._passing -= 1
                return None
            loss, self._next_loss = self._next_loss, None
            self.lost += loss is not None
            return loss

    @contextlib.contextmanager
    def _kept(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)
            _end(connection)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    for heard in _heard(source):
        if not _sent(target, heard):
            break
    _end(target)


def _heard(source: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while heard := source.recv(CHUNK):
            yield heard


def _sent(target: socket.socket, what: bytes) -> bool:
    try:
        target.sendall(what)
    except OSError:
        return False
    return True


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
