-- What could not be read at one place of a sweep. KEYS: the hash of gaps. ARGV: place, counts, names or nothing,
-- 1 from the list, which is the first place. Names are kept of so many places only, counts of all.
local MOST_NAMED = 250
-- Milliseconds.
local KEPT = 30 * 24 * 3600 * 1000

if ARGV[5] == '1' then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'sweep', P.sweep)
elseif redis.call('HGET', KEYS[1], 'sweep') ~= P.sweep then
  return answer({ changed = 0, unknown = 0 })
end
redis.call('HSET', KEYS[1], 'counts:' .. ARGV[2], ARGV[3])
if ARGV[4] ~= '' and redis.call('HLEN', KEYS[1]) < MOST_NAMED then
  redis.call('HSET', KEYS[1], 'names:' .. ARGV[2], ARGV[4])
end
redis.call('PEXPIRE', KEYS[1], KEPT)
return answer({ changed = 1, unknown = 0 })
