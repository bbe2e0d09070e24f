#!lua flags=allow-oom
-- Have what is new in a registry count at once, if the change that somebody was shown still waits, and that registry is
-- still the one that counts.
-- KEYS: registry, sequence, status, changes
-- ARGV: change, what is kept of it as read, what was read of the registry, fields that say since when (JSON), message
--       number, by, data
-- Returns 'done' or 'gone'.
local known = redis.call('HMGET', KEYS[1], 'revision', 'digest', 'released', 'began')
local found = known[1] and table.concat({ known[1], known[2], known[3] or '', known[4] or '' }, ' ') or ''
if redis.call('HGET', KEYS[4], ARGV[1]) ~= ARGV[2] or found ~= ARGV[3] then
  return 'gone'
end
for _, field in ipairs(cjson.decode(ARGV[4])) do
  if string.sub(field, 1, 4) == 'key:' then
    redis.call('HSET', KEYS[1], field, '0')
  else
    redis.call('HDEL', KEYS[1], field)
  end
end
redis.call('HSET', KEYS[1], 'released', ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
tell(KEYS[2], KEYS[3], ARGV[5], ARGV[6], ARGV[7])
return 'done'
