"""A stream that takes no more records: one of it has the highest id that there is, and ids only rise.

Whoever may write a record can give it that id; no server's rules on commands look at ids. A script that writes a record
at its end asks first, so that nothing is done without it. No server takes such an id back either: `mend` writes the
stream anew without that record, in one call.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import redis

from exconn.keyspace.library import Library

if TYPE_CHECKING:
    from exconn.keyspace.functions import Functions

#: The highest id. The server gives no further one.
HIGHEST = "18446744073709551615-18446744073709551615"
#: Ids begin with the server's time; one that is further ahead was written by somebody.
MOST_AHEAD = timedelta(days=1)
_WORD = "STREAMENDED"
_SAID = re.compile(rf"^{_WORD} (\S+)")
#: What the server itself says to one record more.
_OF_THE_SERVER = ("exhausted the last possible ID", "equal or smaller than the target stream top item")

#: For preludes of libraries. Whose user may not look is not refused here.
LUA = f"""\
local function refuse_ended(stream)
  local found = redis.pcall('XINFO', 'STREAM', stream)
  for i = 1, found.err and 0 or #found, 2 do
    if found[i] == 'last-generated-id' and found[i + 1] == '{HIGHEST}' then
      error({{ err = '{_WORD} ' .. stream }})
    end
  end
end
"""

#: KEYS: the stream. ARGV: how far ahead of the server's time an id may be, in milliseconds. The records that were taken
#: out; nothing is done to a stream that takes further records.
_MEND = """\
if not pcall(refuse_ended, KEYS[1]) then
  local now = redis.call('TIME')
  local most = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[1])
  local kept = redis.call('XRANGE', KEYS[1], '-', most)
  local out = redis.call('XRANGE', KEYS[1], '(' .. most .. '-18446744073709551615', '+')
  redis.call('DEL', KEYS[1])
  for _, record in ipairs(kept) do
    redis.call('XADD', KEYS[1], record[1], unpack(record[2]))
  end
  return { #kept, out }
end
return { -1, {} }
"""
LIBRARY = Library("streams", {"mend": _MEND}, prelude=LUA)


class StreamEndedError(redis.ConnectionError):
    """A stream takes no more records, and so nothing is done that would have to be on record.

    Until it is mended the server is of no more use than one that is away, and it is treated as such: the same call
    works afterwards.
    """

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.remedy = "mend it: `python -m exconn.coordinator mend-streams` with the URL of the user `auditor`"
        super().__init__(
            f"{stream} takes no more records, as somebody wrote one with the highest id that there is; {self.remedy}"
        )


def ended_stream(error: Exception) -> StreamEndedError | None:
    """What an error of the server says about a stream that takes no more records."""
    said = _SAID.match(str(error))
    if said:
        return StreamEndedError(said[1])
    return StreamEndedError("a stream") if any(words in str(error) for words in _OF_THE_SERVER) else None


def mend(functions: "Functions", stream: str) -> tuple[int, Mapping[str, list[str]]] | None:
    """Write a stream that takes no more records anew, without what ended it; None where it takes further ones.

    How many records stayed, and those that were taken out: id -> fields and values.
    """
    kept, out = functions.call("mend", [stream], [int(MOST_AHEAD.total_seconds() * 1000)])
    return None if kept < 0 else (kept, {name: cast("list[str]", fields) for name, fields in out})
