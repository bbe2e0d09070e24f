"""The right to project: a key in the ledger that expires, taken and kept by one monitor at a time."""

import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from exconn.keyspace import keys

if TYPE_CHECKING:
    import redis

LEASE_FOR = timedelta(seconds=15)

_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class ProjectorLease:
    """Keeps two projectors from doing the same work; that they cannot both commit is the database's doing."""

    def __init__(
        self, client: "redis.Redis", holder: str, *, lasts: timedelta = LEASE_FOR, renew_every: timedelta | None = None
    ) -> None:
        self._client = client
        self._value = f"{holder} {secrets.token_hex(8)}"
        self._lasts_ms = int(lasts.total_seconds() * 1000)
        self._renew_every = (lasts / 4 if renew_every is None else renew_every).total_seconds()
        self._renewed: float | None = None
        self._renew_script = client.register_script(_RENEW)
        self._release_script = client.register_script(_RELEASE)

    def hold(self) -> bool:
        """Take or keep the lease; asks the server only when a renewal is due."""
        now = time.monotonic()
        if self._renewed is not None and now - self._renewed < self._renew_every:
            return True
        if self._renewed is not None and self._renew_script(
            keys=[keys.PROJECTOR_LEASE], args=[self._value, self._lasts_ms]
        ):
            self._renewed = now
            return True
        taken = self._client.set(keys.PROJECTOR_LEASE, self._value, nx=True, px=self._lasts_ms)
        self._renewed = now if taken else None
        return bool(taken)

    def release(self) -> None:
        """Give the lease back, if it is ours."""
        if self._renewed is not None:
            self._renewed = None
            self._release_script(keys=[keys.PROJECTOR_LEASE], args=[self._value])


def holder_of(client: "redis.Redis") -> str | None:
    """Which monitor projects now, as it calls itself."""
    found = cast("str | None", client.get(keys.PROJECTOR_LEASE))
    return found.rsplit(" ", 1)[0] if found else None
