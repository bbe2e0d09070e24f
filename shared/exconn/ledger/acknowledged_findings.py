"""Findings that a person has acknowledged: intake keeps each beside the message that says so, and the monitor asks."""

from typing import TYPE_CHECKING

from exconn.keyspace import keys
from exconn.ledger.caller import Caller

if TYPE_CHECKING:
    import redis


class AcknowledgedFindings:
    """What intake was asked to acknowledge, on the ledger's server."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._caller = Caller(client)

    def keep(self, problem: str, finding: str, *, because: str, by: str) -> None:
        """Keep that a person needs one no more, and tell it. Raises LedgerOutOfReachError."""
        told = {"problem": problem, "finding": finding, "because": because, "by": by}
        self._caller.call("acknowledge", told)

    def has(self, problem: str, finding: str) -> bool:
        """Whether intake was asked to. Raises redis.RedisError."""
        return bool(self._client.exists(keys.acknowledged(problem, finding)))
