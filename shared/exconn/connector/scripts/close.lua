#!lua flags=allow-oom
-- End a pending change, released or dropped, if it is still the one that was read, and say so in the status stream.
-- KEYS: changes, sequence, status
-- ARGV: id, change as read, message number, connector, by, data
-- Returns 'done' or 'gone'.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 'gone'
end
redis.call('HDEL', KEYS[1], ARGV[1])
tell(KEYS[2], KEYS[3], ARGV[3], ARGV[4], ARGV[5], '', ARGV[6])
return 'done'
