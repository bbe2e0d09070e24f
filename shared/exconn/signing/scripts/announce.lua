#!lua flags=allow-oom
-- Announce a registry of requesters, if the ledger still knows the one that was read, and the new one is a later one.
-- KEYS: registry, sequence, status, marked
-- ARGV: revision, digest, what was read ('<revision> <digest>', '' if none), fields to keep (JSON), its keys as <requester>:<id> (JSON),
--       requester -> earlier scope that is in force (JSON), message number, by, data
-- A key counts as seen since now. Not so those of the first registry, and of one that a ledger did not know because it
-- was set back: they count as seen since ever, and no scope is held back.
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
local since_ever = not known[1] or lost ~= (known[3] or '')

local present = {}
for _, id in ipairs(cjson.decode(ARGV[5])) do
  present['key:' .. id] = true
  redis.call('HSETNX', KEYS[1], 'key:' .. id, since_ever and '0' or at)
end
for name, earlier in pairs(since_ever and {} or cjson.decode(ARGV[6])) do
  present['earlier:' .. name] = true
  redis.call('HSET', KEYS[1], 'earlier:' .. name, earlier)
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.find(field, ':', 1, true) and not present[field] then
    redis.call('HDEL', KEYS[1], field)
  end
end

redis.call('HDEL', KEYS[1], 'refused', 'refused_at')
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'digest', ARGV[2], 'lost', lost)
for field, value in pairs(cjson.decode(ARGV[4])) do
  redis.call('HSET', KEYS[1], field, value)
end
local seq = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[3], '*', 'v', '1', 'seq', seq, 'n', ARGV[7], 'connector', '', 'at', at, 'by', ARGV[8], 'job', '',
  'kind', '', 'state', '', 'phase', '', 'epoch', '0', 'data', ARGV[9])
return 'done'
