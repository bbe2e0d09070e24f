-- A page of the list of devices. Nothing here or later takes out a device that a sweep did not list: it keeps the number
-- and the time of the last sweep that did. KEYS[i] is the bucket of the i-th device; its arguments are
-- field, exact field, head, exact dates, flags, access word, make word, fact. ARGV[2] is the sweep, packed.
local length = pressure()
if length then
  return answer({ pressure = length })
end

local seen = ARGV[2] .. struct.pack('>I4', NOW)
local no_statistics = string.rep('\0', STATISTICS)
local facts = {}
for i, bucket in ipairs(KEYS) do
  local at = 2 + (i - 1) * 8
  local field, exact_field, head, exact_dates = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local access = number_of('access', ARGV[at + 6], MOST_ACCESS)
  local make = number_of('make', ARGV[at + 7], MOST_MAKES)
  local word = string.char(tonumber(ARGV[at + 5]) * 64 + access) .. struct.pack('>I2', make)
  local old = redis.call('HMGET', bucket, field, exact_field)
  local statistics = old[1] and string.sub(old[1], DIRECTORY + 1) or no_statistics
  redis.call('HSET', bucket, field, head .. word .. seen .. statistics)
  local exact = exact_dates .. (old[2] and string.sub(old[2], DATES + 1) or string.rep('\0', EXACT - DATES))
  if exact ~= string.rep('\0', EXACT) then
    redis.call('HSET', bucket, exact_field, exact)
  elseif old[2] then
    redis.call('HDEL', bucket, exact_field)
  end
  if not old[1] or string.sub(old[1], 1, DIGEST) ~= string.sub(head, 1, DIGEST) then
    facts[#facts + 1] = ARGV[at + 8]
  end
end
emit(facts)
return answer({ changed = #facts, unknown = 0 })
