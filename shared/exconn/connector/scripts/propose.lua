#!lua flags=allow-oom
-- Keep a change pending, and say so in the status stream; pending changes that it stands in for are dropped first.
-- KEYS: changes, sequence, status
-- ARGV: id, change, most in all, most of one requester, message number, connector, by, data,
--       number of a dropped change, then id and data of each change that it stands in for
-- Returns {'done'}, {'known'}, {'full', count} or {'full_of_one', count}.
local id = ARGV[1]
if redis.call('HEXISTS', KEYS[1], id) == 1 then
  return {'known'}
end
local replaced = {}
for i = 10, #ARGV, 2 do
  replaced[ARGV[i]] = true
end
local held, own = 0, 0
local found = redis.call('HGETALL', KEYS[1])
for i = 1, #found, 2 do
  if not replaced[found[i]] then
    held = held + 1
    if cjson.decode(found[i + 1])['by'] == ARGV[7] then
      own = own + 1
    end
  end
end
if held >= tonumber(ARGV[3]) then
  return {'full', tostring(held)}
end
if own >= tonumber(ARGV[4]) then
  return {'full_of_one', tostring(own)}
end
for i = 10, #ARGV, 2 do
  if redis.call('HDEL', KEYS[1], ARGV[i]) == 1 then
    tell(KEYS[2], KEYS[3], ARGV[9], ARGV[6], ARGV[7], '', ARGV[i + 1])
  end
end
redis.call('HSET', KEYS[1], id, ARGV[2])
tell(KEYS[2], KEYS[3], ARGV[5], ARGV[6], ARGV[7], '', ARGV[8])
return {'done'}
