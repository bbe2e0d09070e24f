"""Sign-ins, counted over all workers of an account: at most two a minute that were not accepted.

A directory locks an account after some wrong passwords, for every other use of it too. So a try to sign in takes a
token, which comes back when the password was accepted, or was never shown to Exchange. A refused one stays taken for
a minute. Two that are under way at the same time take both tokens: the next one waits for their outcome.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.keyspace import Functions, Library, keys

if TYPE_CHECKING:
    from redis import Redis

MOST_TRIES = 2
WINDOW = timedelta(minutes=1)

_BEGIN = """#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local taken, refused, first = 0, 0, 0
local members = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  taken = taken + 1
  if first == 0 then first = tonumber(members[i + 1]) end
  if string.sub(members[i], 1, 8) == 'refused:' then refused = refused + 1 end
end
if taken >= tonumber(ARGV[2]) then return {0, refused, first - now} end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {1, refused, 0}
"""

# The refused try keeps the end that it had, counted from when it began.
_REFUSED = """#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1]) or (now + tonumber(ARGV[2]))
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], ends, 'refused:' .. ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""

_GIVE_BACK = """#!lua flags=allow-oom
return redis.call('ZREM', KEYS[1], ARGV[1])
"""

#: What of it runs on the ledger's server.
LIBRARY = Library("sign_ins", {"begin": _BEGIN, "refused": _REFUSED, "give_back": _GIVE_BACK})


@dataclass(frozen=True, slots=True)
class SignIn:
    """Permission to sign in, or not: `token` is empty then, and `wait` is the time until the next try may be made.

    `refused` tries of the last minute were refused; the others are just signing in.
    """

    token: str
    refused: int
    wait: timedelta

    @property
    def all_refused(self) -> bool:
        """Whether no try under way can still show that the account is well."""
        return self.refused >= MOST_TRIES


class SignIns:
    """The sign-ins of one account."""

    def __init__(self, redis: "Redis", connector: str, account: str, *, window: timedelta = WINDOW) -> None:
        self._key = keys.sign_ins(connector, account)
        self._window = int(window.total_seconds() * 1000)
        functions = Functions(redis, LIBRARY)
        self._begin = functions.bound("begin")
        self._refused = functions.bound("refused")
        self._give_back = functions.bound("give_back")

    def begin(self) -> SignIn:
        """Ask for permission; never waits."""
        token = uuid.uuid4().hex
        arguments: list[str | int] = [token, MOST_TRIES, self._window]
        granted, refused, wait = self._begin(keys=[self._key], args=arguments)
        return SignIn(token if int(granted) else "", int(refused), timedelta(milliseconds=int(wait)))

    def refused(self, token: str = "") -> None:
        """Exchange refused the account; without a token, in the middle of a session."""
        self._refused(keys=[self._key], args=[token or uuid.uuid4().hex, self._window])

    def give_back(self, token: str) -> None:
        """The password was accepted, or not shown to Exchange at all."""
        self._give_back(keys=[self._key], args=[token])
