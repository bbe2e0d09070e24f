#!lua flags=allow-oom
-- Announce a registry of requesters, if the ledger still knows the one that was read, and the new one is a later one.
-- KEYS: registry, sequence, status, marked
-- ARGV: revision, digest, what was read ('<revision> <digest>', '' if none), what it says, bounds that are wider than the
--       factory's, message number, by, data, then the id of each key
-- A key counts as seen since now; since ever those of the first registry, and of one that a ledger did not know because
-- it was set back.
-- Returns 'done', 'stale' or 'refused'.
local known = redis.call('HMGET', KEYS[1], 'revision', 'digest', 'lost')
local found = known[1] and known[1] .. ' ' .. known[2] or ''
if found ~= ARGV[3] then
  return 'stale'
end
if known[1] and tonumber(ARGV[1]) <= tonumber(known[1]) then
  return 'refused'
end
local now = redis.call('TIME')
local at = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
local lost = redis.call('HGET', KEYS[4], 'lost') or ''
local seen = (not known[1] or lost ~= (known[3] or '')) and '0' or at
local present = {}
for i = 9, #ARGV do
  present['key:' .. ARGV[i]] = true
  redis.call('HSETNX', KEYS[1], 'key:' .. ARGV[i], seen)
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 4) == 'key:' and not present[field] then
    redis.call('HDEL', KEYS[1], field)
  end
end
redis.call('HDEL', KEYS[1], 'refused', 'refused_at')
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'digest', ARGV[2], 'said', ARGV[4], 'wider', ARGV[5], 'lost', lost)
local seq = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[3], '*', 'v', '1', 'seq', seq, 'n', ARGV[6], 'connector', '', 'at', at, 'by', ARGV[7], 'job', '',
  'kind', '', 'state', '', 'phase', '', 'epoch', '0', 'data', ARGV[8])
return 'done'
