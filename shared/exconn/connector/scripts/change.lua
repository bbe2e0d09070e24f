#!lua flags=allow-oom
-- Change one connector's state if it is still the one that was read, and say so in the status stream.
-- KEYS: connectors, revisions, sequence, status, open actions
-- ARGV: name, state as read ('' if none), new state, revision ('' if none), definition,
--       message number ('' if none), by, data, job, organization that must be free ('' if none),
--       '1' if open actions forbid it
-- Returns {'done', message id}, {'stale'}, {'open', count} or {'taken', owner}.
local name = ARGV[1]
local found = redis.call('HGET', KEYS[1], name) or ''
if found ~= ARGV[2] then
  return {'stale'}
end
if ARGV[11] == '1' then
  local open = redis.call('HLEN', KEYS[5])
  if open > 0 then
    return {'open', tostring(open)}
  end
end
if ARGV[10] ~= '' then
  local states = redis.call('HGETALL', KEYS[1])
  for i = 1, #states, 2 do
    local other = cjson.decode(states[i + 1])
    if states[i] ~= name and other['organization'] == ARGV[10] and other['state'] ~= 'removed' then
      return {'taken', states[i]}
    end
  end
end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
end
redis.call('HSET', KEYS[1], name, ARGV[3])
if ARGV[6] == '' then
  return {'done', ''}
end
local seq = redis.call('INCR', KEYS[3])
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local id = redis.call('XADD', KEYS[4], '*', 'v', '1', 'seq', seq, 'n', ARGV[6], 'connector', name,
  'at', string.format('%.0f', at), 'by', ARGV[7], 'job', ARGV[9], 'kind', '', 'state', '', 'phase', '',
  'epoch', '0', 'data', ARGV[8])
return {'done', id}
