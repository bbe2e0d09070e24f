"""Requests that were not admitted: counted by fault; of those whose signature was not good, the newest are kept.

Who sends forged ones without end makes a number grow, and neither the server's memory nor the status stream.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from exconn.keyspace import keys
from exconn.ledger.caller import Caller
from exconn.ledger.parameters import ms

if TYPE_CHECKING:
    import redis

#: So many records are kept.
MOST_KEPT = 1000
#: From so many within the window on, somebody should look.
MANY = 20
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class RefusedRequest:
    """A request that nobody is known to have signed: what it says of itself, cut to what is plausible."""

    at: int
    fault: str
    key: str
    source: str
    digest: str
    size: int


@dataclass(frozen=True)
class RefusedLately:
    """How many came within the present window, and when it began."""

    count: int
    since: datetime


class RefusedRequests:
    """The counts and the newest records, on the ledger's server."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._caller = Caller(client)

    def count(self, fault: str, *, by: str) -> None:
        """Count one that a known requester has signed. Raises LedgerOutOfReachError."""
        self._add(fault, None, by)

    def keep(self, refused: RefusedRequest, *, by: str) -> None:
        """Count and keep one. Raises LedgerOutOfReachError."""
        self._add(refused.fault, json.dumps(asdict(refused)), by)

    def counts(self) -> Mapping[str, int]:
        """How many there ever were, by fault. Raises redis.RedisError."""
        found = cast("dict[str, str]", self._client.hgetall(keys.REFUSED_COUNTS))
        return {fault: int(count) for fault, count in found.items()}

    def lately(self) -> RefusedLately | None:
        """Those of the present window; None without any. Raises redis.RedisError."""
        found = cast("dict[str, str]", self._client.hgetall(keys.REFUSED_LATELY))
        if not found:
            return None
        return RefusedLately(int(found["count"]), datetime.fromtimestamp(int(found["since"]) / 1000, UTC))

    def newest(self, limit: int) -> list[dict[str, Any]]:
        """The newest records. Raises redis.RedisError."""
        return [json.loads(raw) for raw in cast("list[str]", self._client.lrange(keys.REFUSED, 0, limit - 1))]

    def _add(self, fault: str, record: str | None, by: str) -> None:
        parameters = {"fault": fault, "record": record, "by": by, "most": MOST_KEPT, "many": MANY, "window": ms(WINDOW)}
        self._caller.call("refused", parameters)
