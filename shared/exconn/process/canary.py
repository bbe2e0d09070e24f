"""The proof that doorbells reach those who do the work: what a health check asks for beside a sign of life.

A worker's event loop sends canaries to a queue of its own; each goes through broker, queue filter, Celery and
pool like any doorbell, and whoever runs it writes on the ledger server that it came. A worker that no longer hears
its queues, or whose children stand still, goes on beating but proves nothing. Those who are busy prove it beside
their jobs.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import redis

from exconn.contracts import Service, canary_bytes, canary_queue
from exconn.keyspace import Functions, keys
from exconn.logs import get_logger
from exconn.process.signs_of_life import LIBRARY

if TYPE_CHECKING:
    from redis import Redis

#: A canary that nobody takes, because its worker is gone, is gone after this time.
CANARY_KEPT = timedelta(minutes=1)


class Canaries:
    """Sends the canaries of one worker process, one at a time. Does not raise when the broker is out of reach."""

    def __init__(self, broker: "Redis", service: Service, process: str) -> None:
        self._broker = broker
        self._service = service
        self._process = process
        self.queue = canary_queue(service, process)
        self._log = get_logger(__name__)

    def send(self) -> None:
        """Send one, unless the last one still waits: everybody is busy, or nobody listens."""
        try:
            if not self._broker.llen(self.queue):
                self._broker.lpush(self.queue, canary_bytes(service=self._service, process=self._process))
            # Also for one that still waits: what Celery has put back would stay for ever.
            self._broker.pexpire(self.queue, CANARY_KEPT)
        except (redis.RedisError, OSError) as exc:
            self._log.warning("canary not sent", error=type(exc).__name__)


class Proof:
    """Where those who work in a process say that they do. Does not raise when the ledger server is out of reach."""

    def __init__(self, client: "Redis", field: str) -> None:
        self._prove = Functions(client, LIBRARY).bound("prove")
        self._key = keys.canary(field)
        self._log = get_logger(__name__)

    def give(self) -> None:
        """A doorbell came through, or a job is being worked on."""
        try:
            self._prove(keys=[self._key], args=[keys.PROOF_KEPT // timedelta(milliseconds=1)])
        except (redis.RedisError, OSError) as exc:
            self._log.warning("proof of work not written", error=type(exc).__name__)
