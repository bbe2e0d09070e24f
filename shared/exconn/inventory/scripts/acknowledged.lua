-- What a worker has read back: a device acknowledged a wipe then. KEYS[1] is its bucket. ARGV: field, exact field, the
-- time, packed. No more of the entry is touched, so the next page of statistics still counts as a change where it is one.
-- A device that was never listed is left to the next list.
local old = redis.call('HMGET', KEYS[1], ARGV[2], ARGV[3])
if not old[1] then
  return answer({ changed = 0, unknown = 1 })
end
local dates = old[2] and string.sub(old[2], 1, DATES) or string.rep('\0', DATES)
redis.call('HSET', KEYS[1], ARGV[3], dates .. ARGV[4])
return answer({ changed = 1, unknown = 0 })
