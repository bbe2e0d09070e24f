"""Clients that count what they send: each write on a connection is one round trip."""

from itertools import count
from typing import Any

import redis


class RoundTrips:
    """Counts over all connections of the clients that it makes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sent = count()
        self._seen = 0

    def client(self, *, text: bool = True) -> redis.Redis:
        """A client whose round trips count."""
        sent = self._sent

        class Counting(redis.Connection):
            def send_packed_command(self, command: Any, check_health: bool = True) -> None:
                next(sent)
                super().send_packed_command(command, check_health=check_health)

        pool = redis.ConnectionPool.from_url(self._url, connection_class=Counting, decode_responses=text)
        return redis.Redis(connection_pool=pool)

    def since(self) -> int:
        """How many there were since the last time that this was asked."""
        now = next(self._sent)
        found, self._seen = now - self._seen, now + 1
        return found
