"""A circuit breaker per server, shared by all workers: a server that does not answer is left alone for a while.

Its circuit is open then. After a pause one worker may try the server again; the others learn from that worker whether
it answers, which closes the circuit. The pause doubles with each failure in a row, up to a limit.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.keyspace import Functions, Library, keys

if TYPE_CHECKING:
    from redis import Redis

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
#: How long the others leave the server to the one who tries it: more than connecting may take.
TRY_WITHIN = timedelta(seconds=15)
#: How much of the reason is kept for the others.
_DETAIL_LENGTH = 120

_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local found = redis.call('HGET', KEYS[1], ARGV[1])
local failures, again, why
if found then failures, again, why = string.match(found, '^(%d+) (%d+) (.*)$') end
"""

_ADMIT = f"""#!lua flags=allow-oom
{_NOW}
if not failures then return {{0, 0, ''}} end
if tonumber(again) > now then return {{tonumber(failures), tonumber(again) - now, why}} end
redis.call('HSET', KEYS[1], ARGV[1], failures .. ' ' .. string.format('%.0f', now + tonumber(ARGV[2])) .. ' ' .. why)
return {{tonumber(failures), 0, why}}
"""

_FAILED = f"""#!lua flags=allow-oom
{_NOW}
local count = math.min(tonumber(failures or '0') + 1, 60)
local pause = math.min(tonumber(ARGV[2]) * 2 ^ (count - 1), tonumber(ARGV[3]))
-- Those who were trying at the same time count as one failure.
if failures and tonumber(ARGV[5]) < tonumber(failures) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], count .. ' ' .. string.format('%.0f', now + pause) .. ' ' .. ARGV[4])
redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[3]))
return count
"""

_ANSWERED = """#!lua flags=allow-oom
return redis.call('HDEL', KEYS[1], ARGV[1])
"""

#: What of it runs on the ledger's server.
LIBRARY = Library("circuits", {"admit": _ADMIT, "failed": _FAILED, "answered": _ANSWERED})


@dataclass(frozen=True, slots=True)
class CircuitState:
    """How a circuit stands. `wait` is zero when the asker may try the server; the rest tells of earlier tries."""

    failures: int
    wait: timedelta
    detail: str

    @property
    def admitted(self) -> bool:
        return not self.wait


class ServerCircuits:
    """The circuits of one connector's servers, by host (and port where it is not the usual one)."""

    def __init__(
        self,
        redis: "Redis",
        connector: str,
        *,
        first_pause: timedelta = FIRST_PAUSE,
        longest_pause: timedelta = LONGEST_PAUSE,
        try_within: timedelta = TRY_WITHIN,
    ) -> None:
        self._key = keys.server_circuits(connector)
        self._pauses = [_ms(first_pause), _ms(longest_pause)]
        self._try_within = _ms(try_within)
        functions = Functions(redis, LIBRARY)
        self._admit = functions.bound("admit")
        self._failed = functions.bound("failed")
        self._answered = functions.bound("answered")

    def admit(self, server: str) -> CircuitState:
        """May the caller try the server now? Who is admitted after failures tries it for all."""
        failures, wait, detail = self._admit(keys=[self._key], args=[server, self._try_within])
        return CircuitState(int(failures), timedelta(milliseconds=int(wait)), str(detail))

    def failed(self, server: str, detail: str, state: CircuitState) -> int:
        """The server did not answer the caller, who was admitted with `state`. Its failures in a row.

        0 when others have found that out meanwhile.
        """
        told: list[str | int] = [server, *self._pauses, detail[:_DETAIL_LENGTH].replace("\n", " "), state.failures]
        return int(self._failed(keys=[self._key], args=told))

    def answered(self, server: str) -> None:
        """The server answered: everybody may ask it."""
        self._answered(keys=[self._key], args=[server])


def _ms(value: timedelta) -> int:
    return int(value.total_seconds() * 1000)
