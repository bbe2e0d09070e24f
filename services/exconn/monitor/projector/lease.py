"""The right to project: a key in the ledger that expires, taken and kept by one monitor at a time."""

import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from exconn.keyspace import keys
from exconn.keyspace.own_key import OwnKey

if TYPE_CHECKING:
    import redis

LEASE_FOR = timedelta(seconds=15)


class ProjectorLease:
    """Keeps two projectors from doing the same work; that they cannot both commit is the database's doing."""

    def __init__(
        self, client: "redis.Redis", holder: str, *, lasts: timedelta = LEASE_FOR, renew_every: timedelta | None = None
    ) -> None:
        self._key = OwnKey(client, keys.PROJECTOR_LEASE, f"{holder} {secrets.token_hex(8)}", lasts=lasts)
        self._renew_every = (lasts / 4 if renew_every is None else renew_every).total_seconds()
        self._renewed: float | None = None

    def hold(self) -> bool:
        """Take or keep the lease; asks the server only when a renewal is due."""
        now = time.monotonic()
        if self._renewed is not None and now - self._renewed < self._renew_every:
            return True
        if self._renewed is not None and self._key.renew():
            self._renewed = now
            return True
        taken = self._key.take()
        self._renewed = now if taken else None
        return taken

    def release(self) -> None:
        """Give the lease back, if it is ours."""
        if self._renewed is not None:
            self._renewed = None
            self._key.give_back()


def holder_of(client: "redis.Redis") -> str | None:
    """Which monitor projects now, as it calls itself."""
    found = cast("str | None", client.get(keys.PROJECTOR_LEASE))
    return found.rsplit(" ", 1)[0] if found else None
