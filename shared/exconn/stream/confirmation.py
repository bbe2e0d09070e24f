"""Saying of a stream that its records are stored elsewhere, and trimming those: a function on the ledger's server."""

from exconn.keyspace import Library

#: In one call, so that the record is looked for in the stream that is trimmed, whatever server answers.
_CONFIRM = """#!lua flags=allow-oom
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not found or (ARGV[2] ~= '' and redis.sha1hex(table.concat(found[2], '\\0')) ~= ARGV[2]) then return 0 end
local keep = ARGV[1]
if KEYS[2] then
  redis.call('SET', KEYS[2], ARGV[1])
  redis.call('SET', KEYS[3], ARGV[3])
  local function parts(id)
    local ms, number = string.match(id, '^(%d+)%-(%d+)$')
    return tonumber(ms), tonumber(number)
  end
  local marked = redis.call('HGET', KEYS[4], 'id')
  if marked and marked ~= '' then
    local ms, number = parts(marked)
    local keep_ms, keep_number = parts(keep)
    if ms < keep_ms or (ms == keep_ms and number < keep_number) then keep = marked end
  end
end
redis.call('XTRIM', KEYS[1], 'MINID', keep)
return 1
"""
#: What of it runs on the ledger's server.
LIBRARY = Library("confirmation", {"confirm": _CONFIRM})
