"""A stream that takes no more records: one of it has an id at the end of all ids, and ids only rise.

Whoever may write a record can give it such an id; no server's rules on commands look at ids. It may leave room for some
records, so that a script which writes more than those would be half done. So the end begins early, where an id is of no
date that a clock shows: a script that writes a record at its end asks first, and nothing is done without it. No server
takes such an id back either: `mend` writes the stream anew, in one call.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import redis

from exconn.keyspace.library import Library

if TYPE_CHECKING:
    from exconn.keyspace.functions import Functions

#: The highest id. The server gives no further one.
HIGHEST = "18446744073709551615-18446744073709551615"
#: Ids begin with the server's time in milliseconds. With more digits (from the year 33658 on) it is of no clock.
_MOST_DIGITS = 15
#: What is mended keeps ids of up to so many (the year 5138): behind one that is close to the end there is no room.
_KEPT_DIGITS = 14
_WORD = "STREAMENDED"
_SAID = re.compile(rf"^{_WORD} (\S+)")
#: What the server itself says to one record more.
_OF_THE_SERVER = ("exhausted the last possible ID", "equal or smaller than the target stream top item")

#: For preludes of libraries. Whose user may not look is not refused here.
LUA = f"""\
local function is_at_the_end(id, digits)
  return #string.match(id, '^%d*') > (digits or {_MOST_DIGITS})
end

local function refuse_ended(stream)
  local found = redis.pcall('XINFO', 'STREAM', stream)
  for i = 1, found.err and 0 or #found, 2 do
    if found[i] == 'last-generated-id' and is_at_the_end(found[i + 1]) then
      error({{ err = '{_WORD} ' .. stream }})
    end
  end
end
"""

#: Fields and values of one record that a script can write; ours have fewer than a hundred.
_MOST_WORDS = 7000
#: KEYS: the stream. How many records kept their ids, those that got new ones, in their order, and the ids of those that
#: are left out; nothing is done to a stream that takes further records.
_MEND = f"""\
#!lua flags=allow-oom
if pcall(refuse_ended, KEYS[1]) then
  return {{ -1, {{}}, {{}} }}
end
local kept, ended_by, too_wide = 0, {{}}, {{}}
local records = redis.call('XRANGE', KEYS[1], '-', '+')
redis.call('DEL', KEYS[1])
for _, record in ipairs(records) do
  if #record[2] > {_MOST_WORDS} then
    table.insert(too_wide, record[1])
  elseif is_at_the_end(record[1], {_KEPT_DIGITS}) then
    redis.call('XADD', KEYS[1], '*', unpack(record[2]))
    table.insert(ended_by, record)
  else
    redis.call('XADD', KEYS[1], record[1], unpack(record[2]))
    kept = kept + 1
  end
end
return {{ kept, ended_by, too_wide }}
"""
LIBRARY = Library("streams", {"mend": _MEND}, prelude=LUA)


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What became of the records of a stream: all but those `too_wide` stayed, `kept` with the ids that they had."""

    kept: int
    #: Those that ended it, and what the server wrote behind them, each with a later id now: earlier id -> fields and
    #: values.
    ended_by: Mapping[str, list[str]]
    #: The ids of those that no script can write again: with thousands of fields, so none of ours.
    too_wide: Sequence[str] = ()


class StreamEndedError(redis.ConnectionError):
    """A stream takes no more records, and so nothing is done that would have to be on record.

    Until it is mended the server is of no more use than one that is away, and it is treated as such: the same call
    works afterwards.
    """

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.remedy = "mend it: `python -m exconn.coordinator mend-streams` with the URL of the user `auditor`"
        super().__init__(
            f"{stream} takes no more records, as somebody wrote one with an id at the end of all ids; {self.remedy}"
        )


def ended_stream(error: Exception) -> StreamEndedError | None:
    """What an error of the server says about a stream that takes no more records."""
    said = _SAID.match(str(error))
    if said:
        return StreamEndedError(said[1])
    return StreamEndedError("a stream") if any(words in str(error) for words in _OF_THE_SERVER) else None


def is_at_the_end(record: str) -> bool:
    """Whether a stream whose last record has that id counts as ended."""
    return len(record.partition("-")[0]) > _MOST_DIGITS


def mend(functions: "Functions", stream: str) -> Mended | None:
    """Write a stream that takes no more records anew, with all that are ours; None where it takes further ones."""
    kept, ended_by, too_wide = functions.call("mend", [stream], [])
    if kept < 0:
        return None
    read = {name: cast("list[str]", fields) for name, fields in ended_by}
    return Mended(kept=kept, ended_by=read, too_wide=tuple(too_wide))
