"""Connections that send no request: silent ones, and ones that drip the bytes of a header."""

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator

DRIP = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Filler: " + b"a" * 4000
DRIP_EVERY_SECONDS = 1.0


class IdleConnections:
    """Open connections to one server. Each second every dripping one sends one more byte, until it is closed."""

    def __init__(self, dripping: Iterable[socket.socket], silent: Iterable[socket.socket]) -> None:
        self._dripping = list(dripping)
        self._open = {*self._dripping, *silent}
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._drip, daemon=True)
        self._thread.start()

    def left(self) -> int:
        """How many the server has not closed yet."""
        with self._lock:
            self._open = {each for each in self._open if not _is_closed(each)}
            return len(self._open)

    def close(self) -> None:
        """Close what is left."""
        self._end.set()
        self._thread.join(10)
        for each in self._open:
            each.close()

    def _drip(self) -> None:
        for sent in range(len(DRIP)):
            with self._lock:
                for each in [each for each in self._dripping if each in self._open]:
                    with contextlib.suppress(OSError):
                        each.send(DRIP[sent : sent + 1])
            if self._end.wait(DRIP_EVERY_SECONDS):
                return


def connect_from(address: str, server: tuple[str, int]) -> socket.socket:
    """A connection from one of the machine's own addresses."""
    made = socket.create_connection(server, timeout=10, source_address=(address, 0))
    made.setblocking(False)
    return made


@contextlib.contextmanager
def idle_connections(server: tuple[str, int], addresses: Iterable[str]) -> Iterator[IdleConnections]:
    """One connection from each of `addresses`, which may repeat: in turn a silent and a dripping one."""
    made = [connect_from(address, server) for address in addresses]
    crowd = IdleConnections(made[::2], made[1::2])
    try:
        yield crowd
    finally:
        crowd.close()


def _is_closed(connection: socket.socket) -> bool:
    try:
        closed = connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        closed = True
    if closed:
        connection.close()
    return closed
