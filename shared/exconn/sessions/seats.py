"""Seats: the right to one session of an Exchange account, counted over all processes.

A quota of Exchange counts the sessions of an account wherever they were opened, so the count is in Redis. A seat
that is not renewed in time is free again: a process that died gives its seats back by silence, and what is left of
its session is ended by whoever notices.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from exconn.contracts.roles import AccountRole
from exconn.keyspace import Functions, Library, keys

if TYPE_CHECKING:
    from redis import Redis

#: A member of the sorted set that is no holder: somebody was turned away a moment ago.
_WANTED = "?"
_WANTED_MS = 5_000

_TAKE = f"""#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local total, actions = 0, 0
for _, holder in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if holder ~= '{_WANTED}' then
    total = total + 1
    if string.sub(holder, 1, 8) == 'actions:' then actions = actions + 1 end
  end
end
local kept = 0
if ARGV[2] ~= 'actions' then kept = math.max(0, tonumber(ARGV[5]) - actions) end
if total + kept >= tonumber(ARGV[4]) then
  redis.call('ZADD', KEYS[1], now + {_WANTED_MS}, '{_WANTED}')
  redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[3]), 'NX')
  return 0
end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[3]))
return 1
"""

# A seat that ran out but that nobody took since is still its holder's.
_RENEW = f"""#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[2]))
local wanted = redis.call('ZSCORE', KEYS[1], '{_WANTED}')
if wanted and tonumber(wanted) > now then return 2 end
return 1
"""

_OPENED = """#!lua flags=allow-oom
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""

_GIVE_BACK = """#!lua flags=allow-oom
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""

# Whose session is given out here is given out to one asker only.
_ORPHANS = """#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local known = redis.call('HGETALL', KEYS[2])
local orphans = {}
for i = 1, #known, 2 do
  local ends = redis.call('ZSCORE', KEYS[1], known[i])
  if not ends or tonumber(ends) <= now then
    redis.call('HDEL', KEYS[2], known[i])
    orphans[#orphans + 1] = known[i + 1]
  end
end
return orphans
"""

#: How long a session that nobody ended is remembered: Exchange itself ends idle ones sooner.
_SESSION_KEPT_MS = 3_600_000

#: What of it runs on the ledger's server.
LIBRARY = Library(
    "seats",
    {"take": _TAKE, "renew": _RENEW, "opened": _OPENED, "orphans": _ORPHANS, "give_back": _GIVE_BACK},
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that was taken; `holder` tells it from all others."""

    holder: str
    role: AccountRole


@dataclass(frozen=True, slots=True)
class Orphan:
    """A session whose holder fell silent."""

    session_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """Is the seat still ours, and does somebody wait for one?"""

    held: bool
    wanted: bool


class Seats(Protocol):
    """The seats of one account."""

    @property
    def ttl(self) -> timedelta:
        """How long a seat lasts without being renewed."""

    def take(self, role: AccountRole) -> Seat | None:
        """A seat, or None when none is free. Never waits."""

    def opened(self, seat: Seat, *, session_id: str, url: str) -> None:
        """The seat's session, for others to end should its holder fall silent."""

    def orphans(self) -> list[Orphan]:
        """Sessions whose holders fell silent; each is told to one asker only, who ends it."""

    def renew(self, seat: Seat) -> Renewal:
        """Keep the seat for another `ttl`."""

    def give_back(self, seat: Seat) -> None:
        """Free the seat; one that is free already is fine."""


class SeatCount:
    """Seats counted in Redis. `reserved_for_actions` seats are never given to another role."""

    def __init__(
        self,
        redis: "Redis",
        connector: str,
        account: str,
        *,
        limit: int = 4,
        reserved_for_actions: int = 1,
        ttl: timedelta = timedelta(seconds=60),
    ) -> None:
        if not 0 <= reserved_for_actions <= limit or limit < 1:
            raise ValueError("reserved_for_actions must lie between 0 and limit, and limit must be at least 1")
        self._key = keys.seats(connector, account)
        self._sessions = keys.open_sessions(connector, account)
        self._limit = limit
        self._reserved = reserved_for_actions
        self._ttl = ttl
        self._ttl_ms = int(ttl.total_seconds() * 1000)
        functions = Functions(redis, LIBRARY)
        self._take = functions.bound("take")
        self._renew = functions.bound("renew")
        self._opened = functions.bound("opened")
        self._orphans = functions.bound("orphans")
        self._give_back = functions.bound("give_back")

    @property
    def ttl(self) -> timedelta:
        return self._ttl

    def take(self, role: AccountRole) -> Seat | None:
        seat = Seat(f"{role}:{uuid.uuid4().hex}", role)
        arguments: list[str | int] = [seat.holder, role, self._ttl_ms, self._limit, self._reserved]
        return seat if int(self._take(keys=[self._key], args=arguments)) else None

    def opened(self, seat: Seat, *, session_id: str, url: str) -> None:
        self._opened(keys=[self._sessions], args=[seat.holder, f"{session_id} {url}", _SESSION_KEPT_MS])

    def orphans(self) -> list[Orphan]:
        found = (str(each).partition(" ") for each in self._orphans(keys=[self._key, self._sessions]))
        return [Orphan(session_id, url) for session_id, _, url in found]

    def put_back(self, orphan: Orphan) -> None:
        """A session that could not be ended now: it is told again."""
        holder = f"nobody:{orphan.session_id}"
        self._opened(keys=[self._sessions], args=[holder, f"{orphan.session_id} {orphan.url}", _SESSION_KEPT_MS])

    def renew(self, seat: Seat) -> Renewal:
        answer = int(self._renew(keys=[self._key], args=[seat.holder, self._ttl_ms]))
        return Renewal(held=answer > 0, wanted=answer == 2)

    def give_back(self, seat: Seat) -> None:
        self._give_back(keys=[self._key, self._sessions], args=[seat.holder])
