"""Dead letters: messages that no worker could read, kept on the ledger server for people to look at."""

import base64
import hashlib
import time
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import redis

from exconn.doorbell.message_check import Reason
from exconn.keyspace import keys
from exconn.ledger import Ledger, LedgerError
from exconn.logs import get_logger
from exconn.stream import Number

if TYPE_CHECKING:
    from redis import Redis

FORMAT = "1"
#: Of a message's bytes: 4 KB once they are base64.
KEPT_BYTES = 3072
#: About how many are kept; older ones go first.
MOST_LETTERS = 10_000
#: How many wait in this process while the server is out of reach.
MOST_WAITING = 100
#: A flood of bad messages must not flood the status stream.
ANNOUNCE_EVERY = timedelta(minutes=1)


class DeadLetters:
    """Where a service puts what it cannot read. No call raises when the server is out of reach."""

    def __init__(self, client: "Redis", service: str) -> None:
        self._client = client
        self._ledger = Ledger(client)
        self._service = service
        self._waiting: deque[dict[str, str]] = deque(maxlen=MOST_WAITING)
        self._announced: dict[tuple[str, str], float] = {}
        self._log = get_logger(__name__)

    def put(self, queue: str, reason: Reason, raw: bytes) -> None:
        """Keep one message that was taken from `queue`."""
        digest = hashlib.sha256(raw).hexdigest()
        self._log.warning("message not understood", queue=queue, reason=reason.value, size=len(raw), digest=digest)
        self._waiting.append(
            {
                "v": FORMAT,
                "service": self._service,
                "queue": queue,
                "reason": reason.value,
                "size": str(len(raw)),
                "digest": digest,
                "body": base64.b64encode(raw[:KEPT_BYTES]).decode(),
            }
        )
        self.deliver()

    def deliver(self) -> None:
        """Write what waits. Called again now and then, for when the server was out of reach."""
        while self._waiting:
            letter = self._waiting[0]
            try:
                at = self._ledger.time()
                stamped: Any = {**letter, "at": str(int(at.timestamp() * 1000))}  # redis-py asks for wider keys
                self._client.xadd(keys.DEAD_LETTERS, stamped, maxlen=MOST_LETTERS, approximate=True)
            except (redis.RedisError, LedgerError, OSError) as exc:
                self._log.warning("dead letter not kept yet", error=type(exc).__name__, waiting=len(self._waiting))
                return
            self._waiting.popleft()
            self._announce(letter["queue"], letter["reason"])

    def _announce(self, queue: str, reason: str) -> None:
        now = time.monotonic()
        last = self._announced.get((queue, reason))
        if last is not None and now - last < ANNOUNCE_EVERY.total_seconds():
            return
        self._announced[queue, reason] = now
        connector = queue.removeprefix(f"exconn.{self._service}.") if queue.count(".") > 1 else ""
        try:
            self._ledger.announce(
                Number.DEAD_LETTER, connector=connector, by=self._service, data={"problem": reason, "queue": queue}
            )
        except (redis.RedisError, LedgerError) as exc:
            self._log.warning("dead letter not announced", error=type(exc).__name__)
