"""How many replicas and disks must have a write before it counts."""

from dataclasses import dataclass
from datetime import timedelta

import redis

from exconn.keyspace import ServerUnfitError, refuse_unfit, replicas_demanded
from exconn.keyspace.connect import address_of
from exconn.settings import RedisSettings


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """`replicas` that must acknowledge (WAIT), whether the server's own disk must (WAITAOF), and how long to wait.

    Nothing to confirm costs no round trip.
    """

    replicas: int = 0
    own_disk: bool = False
    within: timedelta = timedelta(seconds=1)

    @property
    def wanted(self) -> bool:
        """Whether there is anything to confirm."""
        return self.replicas > 0 or self.own_disk

    def follow(self, pipe: "redis.client.Pipeline") -> None:
        """Queue the confirming command behind a write, on the same connection."""
        timeout_ms = int(self.within.total_seconds() * 1000)
        if self.own_disk:
            pipe.waitaof(1, self.replicas, timeout_ms)
        else:
            pipe.wait(self.replicas, timeout_ms)

    def satisfied_by(self, reply: object) -> bool:
        """Whether the confirming command's reply is enough."""
        if self.own_disk:
            local, replicas = reply if isinstance(reply, list) else (0, 0)
            return int(local) >= 1 and int(replicas) >= self.replicas
        return isinstance(reply, int) and reply >= self.replicas


def durability(client: "redis.Redis", settings: RedisSettings) -> Confirm:
    """How what is accepted and begun is confirmed on this server. Raises UnreachableServerError and ServerUnfitError.

    Its own disk needs no confirming: with `appendfsync always` it has each write before the answer is sent.
    """
    refuse_unfit(client, volatile_allowed=settings.ledger_durability == "volatile")
    if settings.ledger_durability != "confirmed":
        return Confirm()
    replicas = settings.ledger_replicas or replicas_demanded(client)
    if replicas == 0:
        remedy = (
            "set it to the number of replicas that must have each write, or EXCONN_LEDGER_REPLICAS; "
            "EXCONN_LEDGER_DURABILITY=disk accepts a single server"
        )
        raise ServerUnfitError(address_of(client), "min-replicas-to-write", "0", remedy=remedy)
    return Confirm(replicas=replicas, within=settings.ledger_confirm_within)
