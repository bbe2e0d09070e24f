#!lua flags=allow-oom
-- Remember that a process has a registry that does not count, and say so once for each such registry.
-- KEYS: registry, sequence, status
-- ARGV: revision, digest, message number, by, data
local now = redis.call('TIME')
local at = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
local refused = ARGV[1] .. ' ' .. ARGV[2]
redis.call('HSET', KEYS[1], 'refused_at', at)
if redis.call('HGET', KEYS[1], 'refused') == refused then
  return 'told'
end
redis.call('HSET', KEYS[1], 'refused', refused)
tell(KEYS[2], KEYS[3], ARGV[3], ARGV[4], ARGV[5])
return 'done'
