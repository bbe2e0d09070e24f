"""A key that expires and belongs to whoever wrote its value: kept and given back by its owner alone."""

from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.keyspace.functions import Functions
from exconn.keyspace.library import Library

if TYPE_CHECKING:
    import redis

_RENEW = """#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_GIVE_BACK = """#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

LIBRARY = Library("own_key", {"renew": _RENEW, "give_back": _GIVE_BACK})


class OwnKey:
    """A key with a value that nobody else writes. Raises what the client raises."""

    def __init__(self, client: "redis.Redis", key: str, value: str, *, lasts: timedelta) -> None:
        self._client = client
        self._key = key
        self._value = value
        self._lasts_ms = int(lasts.total_seconds() * 1000)
        self._functions = Functions(client, LIBRARY)

    def take(self) -> bool:
        """Write it, unless it is there."""
        return bool(self._client.set(self._key, self._value, nx=True, px=self._lasts_ms))

    def renew(self) -> bool:
        """Have it last anew; False when it is not ours (any more)."""
        return bool(self._functions.call("renew", [self._key], [self._value, self._lasts_ms]))

    def give_back(self) -> None:
        """Remove it, if it is ours."""
        self._functions.call("give_back", [self._key], [self._value])
