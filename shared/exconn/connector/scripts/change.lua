#!lua flags=allow-oom
-- Change one connector's state if it is still the one that was read, and say so in the status stream.
-- KEYS: connectors, revisions, sequence, status, open actions, changes (only where one is released)
-- ARGV: name, state as read ('' if none), new state, revision ('' if none), definition,
--       message number ('' if none), by, data, job, organization that must be free ('' if none),
--       '1' if it is a removal, which open actions forbid, pending change that this releases ('' if none),
--       further messages (JSON: list of number and data), '1' if it must be the first connector that there ever was,
--       what to pin (JSON: list of field and value), '1' if no organization may be pinned yet
-- Returns {'done', message id}, {'stale'}, {'open', count}, {'taken', owner}, {'gone', change} or {'not_first'}.
local name = ARGV[1]

-- The organization of a connector that is not removed: what is pinned, and before that what was said of one that was ever
-- applied. Workers write states, so one may be anything.
local function organization_of(revisions, state)
  local pinned, removed = unpack(redis.call('HMGET', revisions, 'organization', 'removed'))
  if removed == '1' then
    return nil
  end
  if pinned and pinned ~= '' then
    return pinned
  end
  local is_read, said = pcall(cjson.decode, state)
  if not is_read or type(said) ~= 'table' or said['state'] == 'removed' then
    return nil
  end
  return redis.call('HGET', revisions, '1') and said['organization'] or nil
end

local found = redis.call('HGET', KEYS[1], name) or ''
if found ~= ARGV[2] then
  return {'stale'}
end
if ARGV[14] == '1' and #redis.call('HKEYS', KEYS[1]) > (found ~= '' and 1 or 0) then
  return {'not_first'}
end
if ARGV[16] == '1' and (redis.call('HGET', KEYS[2], 'organization') or '') ~= '' then
  return {'stale'}
end
if ARGV[11] == '1' then
  local open = redis.call('HLEN', KEYS[5])
  if open > 0 then
    return {'open', tostring(open)}
  end
end
if ARGV[10] ~= '' then
  local states, revisions = redis.call('HGETALL', KEYS[1]), string.sub(KEYS[2], 1, #KEYS[2] - #name)
  for i = 1, #states, 2 do
    if states[i] ~= name and organization_of(revisions .. states[i], states[i + 1]) == ARGV[10] then
      return {'taken', states[i]}
    end
  end
end
if ARGV[12] ~= '' and redis.call('HDEL', KEYS[6], ARGV[12]) == 0 then
  return {'gone', ARGV[12]}
end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5], 'removed', '')
elseif ARGV[11] == '1' then
  redis.call('HSET', KEYS[2], 'removed', '1')
end
local pins = cjson.decode(ARGV[15])
if #pins > 0 then
  redis.call('HSET', KEYS[2], unpack(pins))
end
redis.call('HSET', KEYS[1], name, ARGV[3])
local id = ''
if ARGV[6] ~= '' then
  id = tell(KEYS[3], KEYS[4], ARGV[6], name, ARGV[7], ARGV[9], ARGV[8])
end
for _, message in ipairs(cjson.decode(ARGV[13])) do
  id = tell(KEYS[3], KEYS[4], message[1], name, ARGV[7], ARGV[9], message[2])
end
return {'done', id}
