"""A point in time until which a whole exchange must be over, however slowly the other side drips its bytes."""

import io
import socket
import time
from typing import Any


class Deadline:
    """So many seconds from now, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left; TimeoutError when there are none."""
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the time is over")
        return remaining


class TimedSocket:
    """A socket as `http.client` reads it: each read waits no longer than what is left in all."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._reader = _TimedReader(connection, deadline)

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        """The only thing that a response asks of its socket."""
        return io.BufferedReader(self._reader)


class _TimedReader(io.RawIOBase):
    """Does not own the socket: closing it leaves the connection open."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv_into(buffer)
