#!lua flags=allow-oom
-- Announce a registry of requesters, if the ledger still knows what was read of it, and the new one is a later one; what
-- does not count yet of it is kept as a pending change, in place of the one of an earlier revision. The same one again is
-- announced by who knows that less of it counts.
-- KEYS: registry, sequence, status, changes
-- ARGV: revision, what was read ('<revision> <digest> <released change> <began>', '' if none), fields to keep (JSON), fields to
--       forget (JSON), by, messages (JSON: list of number, data, and the change that the message says is dropped, or ''),
--       pending change and what is kept of it ('' if none)
-- Returns 'done', 'stale' or 'refused'.
local known = redis.call('HMGET', KEYS[1], 'revision', 'digest', 'released', 'began')
local found = known[1] and table.concat({ known[1], known[2], known[3] or '', known[4] or '' }, ' ') or ''
if found ~= ARGV[2] then
  return 'stale'
end
local fields = cjson.decode(ARGV[3])
local ahead = known[1] and tonumber(ARGV[1]) - tonumber(known[1]) or 1
if ahead < 0 or (ahead == 0 and fields.digest ~= known[2]) then
  return 'refused'
end
redis.call('HDEL', KEYS[1], 'refused', 'refused_at')
for _, field in ipairs(cjson.decode(ARGV[4])) do
  redis.call('HDEL', KEYS[1], field)
end
for field, value in pairs(fields) do
  redis.call('HSET', KEYS[1], field, value)
end
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[4], ARGV[7], ARGV[8])
end
for _, message in ipairs(cjson.decode(ARGV[6])) do
  if message[3] == '' or redis.call('HDEL', KEYS[4], message[3]) == 1 then
    tell(KEYS[2], KEYS[3], message[1], ARGV[5], message[2])
  end
end
return 'done'
