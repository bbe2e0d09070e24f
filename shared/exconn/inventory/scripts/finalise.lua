-- The end of a sweep, behind all of its pages: the size of the fleet, and the closing fact, once.
-- KEYS: fleet, what the register remembers of itself. ARGV: parameters, devices, fact.
if redis.call('HGET', KEYS[2], 'finalised') == P.sweep then
  return answer({ changed = 0, unknown = 0 })
end
redis.call('HSET', KEYS[2], 'finalised', P.sweep)
redis.call('SET', KEYS[1], ARGV[2])
emit({ ARGV[3] })
return answer({ changed = 1, unknown = 0 })
