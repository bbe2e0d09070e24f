-- The end of a sweep, behind all of its pages: the size of the fleet, and the closing fact, once.
-- A device that the sweep did not list stays as it is: `devices.lua`.
-- KEYS: fleet, what the register remembers of itself. ARGV: devices, fact, 1 where the reading is complete.
-- A reading with gaps does not make the fleet smaller: what is missing from it may well be there.
if redis.call('HGET', KEYS[2], 'finalised') == P.sweep then
  return answer({ changed = 0, unknown = 0 })
end
redis.call('HSET', KEYS[2], 'finalised', P.sweep)
local known = count_in(redis.call('GET', KEYS[1]))
if ARGV[4] == '1' or tonumber(ARGV[2]) > known then
  redis.call('SET', KEYS[1], ARGV[2])
end
emit({ ARGV[3] })
return answer({ changed = 1, unknown = 0 })
