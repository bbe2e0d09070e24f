"""Heartbeats of processes, kept on the ledger server, and the queues of connectors that a worker is to hear."""

import os
import socket
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import redis

from exconn.contracts import Service, queue_of
from exconn.keyspace import Functions, keys
from exconn.keyspace.written import object_or_none
from exconn.logs import get_logger
from exconn.process.heartbeat import moments
from exconn.process.signs_of_life import LIBRARY

if TYPE_CHECKING:
    from redis import Redis

#: Between two signs of life.
BEAT_EVERY = timedelta(seconds=5)
#: Fields of processes that ended without saying so are cleared by the next one to start, after this time.
_FORGOTTEN_AFTER_MS = 3_600_000


class Presence:
    """One worker process on the ledger server. Neither call raises when the server is out of reach."""

    def __init__(self, client: "Redis", service: Service, *, unset: Iterable[str] = ()) -> None:
        """`unset` are the settings of bounds that this process lacks; its heartbeat says so."""
        self._client = client
        self._unset = " ".join(unset)
        self._beat = Functions(client, LIBRARY).bound("beat")
        self._service = service
        self.process = f"{socket.gethostname()}/{os.getpid()}"
        self.field = f"{service.value}/{self.process}"
        self._log = get_logger(__name__)

    def queues(self) -> frozenset[str] | None:
        """The queues of all connectors that are not removed; None when the server does not answer."""
        try:
            found = cast("dict[str, str]", self._client.hgetall(keys.CONNECTORS))
        except (redis.RedisError, OSError) as exc:
            self._log.warning("connectors not read", error=type(exc).__name__)
            return None
        return frozenset(queue_of(self._service, name) for name, raw in found.items() if _is_there(raw))

    def beat(self) -> None:
        """Say that this process lives."""
        try:
            self._beat(keys=[keys.HEARTBEATS], args=[self.field, self._unset])
        except (redis.RedisError, OSError) as exc:
            self._log.warning("heartbeat not written", error=type(exc).__name__)

    def clear_forgotten(self) -> None:
        """Remove the fields of processes that were not heard of for an hour."""
        try:
            found = cast("dict[str, str]", self._client.hgetall(keys.HEARTBEATS))
            oldest = self._now_ms() - _FORGOTTEN_AFTER_MS
            known = moments(found)
            gone = [field for field in found if known.get(field, 0) < oldest]
            if gone:
                self._client.hdel(keys.HEARTBEATS, *gone)
        except (redis.RedisError, OSError) as exc:
            self._log.warning("old heartbeats not cleared", error=type(exc).__name__)

    def leave(self) -> None:
        """Say that this process ends."""
        try:
            self._client.hdel(keys.HEARTBEATS, self.field)
        except (redis.RedisError, OSError) as exc:
            self._log.warning("heartbeat not removed", error=type(exc).__name__)

    def _now_ms(self) -> int:
        seconds, micros = self._client.time()
        return seconds * 1000 + micros // 1000


def _is_there(raw: str) -> bool:
    found = object_or_none(raw)
    return found is not None and found.get("state") != "removed"
