"""When an account is to send nothing, by what Exchange told any of its workers.

Exchange counts what an account does wherever it comes from. A budget that is used up stops every worker until the
stated time. Short delays that Exchange put in by itself add up to a debt, which everybody works off by waiting;
device actions tolerate a larger debt than the rest, so that a wipe is not kept waiting by a discovery.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.keyspace import Functions, Library, keys

if TYPE_CHECKING:
    from redis import Redis

    from exconn.contracts.roles import AccountRole

#: No statement of Exchange stops an account for longer.
LONGEST = timedelta(hours=1)
#: Delays beyond this are forgiven: they describe a busy minute, not the next hour.
LONGEST_DEBT = timedelta(minutes=1)
#: Less is not worth giving a job back for.
TOLERATED_DEBT = timedelta(milliseconds=500)
TOLERATED_DEBT_OF_ACTIONS = timedelta(seconds=2)

_LOOK = """#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'stop', 'debt', 'sessions')
local left = {}
for i = 1, 3 do left[i] = math.max(0, tonumber(found[i] or '0') - now) end
return left
"""

# ARGV: field, milliseconds, longest, '1' to add to what is left.
_PUT_OFF = """#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local present = math.max(now, tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0'))
local wanted = now + tonumber(ARGV[2])
if ARGV[4] == '1' then wanted = present + tonumber(ARGV[2]) end
local ends = math.min(math.max(present, wanted), now + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return ends - now
"""

#: What of it runs on the ledger's server.
LIBRARY = Library("throttle", {"look": _LOOK, "put_off": _PUT_OFF})


@dataclass(frozen=True, slots=True)
class ThrottleState:
    """How much longer nothing is to be sent (`stop`), delays are owed (`debt`), none is to be opened (`sessions`)."""

    stop: timedelta
    debt: timedelta
    sessions: timedelta

    def wait(self, role: "AccountRole") -> timedelta:
        """How long a worker of that role is to send nothing; zero when it may go on."""
        tolerated = TOLERATED_DEBT_OF_ACTIONS if role == "actions" else TOLERATED_DEBT
        return max(self.stop, self.debt if self.debt > tolerated else timedelta(0))


class Throttle:
    """How Exchange throttles one account, shared by all workers."""

    def __init__(self, redis: "Redis", connector: str, account: str) -> None:
        self._key = keys.throttle(connector, account)
        functions = Functions(redis, LIBRARY)
        self._look = functions.bound("look")
        self._put_off = functions.bound("put_off")

    def look(self) -> ThrottleState:
        """How it is now, by the clock of the ledger's server."""
        stop, debt, sessions = (timedelta(milliseconds=int(each)) for each in self._look(keys=[self._key]))
        return ThrottleState(stop, debt, sessions)

    def stop(self, wait: timedelta) -> None:
        """Exchange will take nothing of this account for that long."""
        self._store("stop", wait, LONGEST)

    def slow(self, delay: timedelta) -> None:
        """Exchange has delayed a cmdlet by that much."""
        self._store("debt", delay, LONGEST_DEBT, add=True)

    def no_more_sessions(self, wait: timedelta) -> None:
        """The account has as many sessions as it may have."""
        self._store("sessions", wait, LONGEST)

    def _store(self, field: str, wait: timedelta, longest: timedelta, *, add: bool = False) -> None:
        arguments: list[str | int] = [field, _ms(wait), _ms(longest), "1" if add else "", _ms(LONGEST)]
        self._put_off(keys=[self._key], args=arguments)


def _ms(value: timedelta) -> int:
    return max(0, int(value.total_seconds() * 1000))
