-- A page of statistics. KEYS[i] is the bucket of the i-th device; its arguments are
-- field, exact field, digest, day of the last sync, exact acknowledgement, fact.
-- A device that was never listed is left to the next list.
local length = pressure()
if length then
  return answer({ pressure = length })
end

local read_at = struct.pack('>I4', NOW)
local facts, unknown = {}, 0
for i, bucket in ipairs(KEYS) do
  local at = 1 + (i - 1) * 6
  local field, exact_field, digest, day = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local old = redis.call('HMGET', bucket, field, exact_field)
  if not old[1] then
    unknown = unknown + 1
  else
    redis.call('HSET', bucket, field, string.sub(old[1], 1, DIRECTORY) .. digest .. read_at .. day)
    local dates = old[2] and string.sub(old[2], 1, DATES) or string.rep('\0', DATES)
    local exact = dates .. ARGV[at + 5]
    if exact ~= string.rep('\0', EXACT) then
      redis.call('HSET', bucket, exact_field, exact)
    elseif old[2] then
      redis.call('HDEL', bucket, exact_field)
    end
    if string.sub(old[1], DIRECTORY + 1, DIRECTORY + DIGEST) ~= digest then
      facts[#facts + 1] = ARGV[at + 6]
    end
  end
end
emit(facts)
return answer({ changed = #facts, unknown = unknown })
