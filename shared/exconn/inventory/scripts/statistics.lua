-- A page of statistics. KEYS[i] is the bucket of the i-th device; its arguments are
-- field, exact field, digest, day of the last sync, exact acknowledgement, fact, field of wipes, times of its
-- account-only wipe, who asked for the wipe, who asked for the account-only wipe.
-- A device that was never listed is left to the next list.
local length = pressure()
if length then
  return answer({ pressure = length })
end

local read_at = struct.pack('>I4', NOW)
-- The number of who asked; 0 for nobody.
local function requestor(who)
  return struct.pack('>I2', who == '' and 0 or number_of('requestor', who, MOST_REQUESTORS))
end

local facts, unknown = {}, 0
for i, bucket in ipairs(KEYS) do
  local at = 1 + (i - 1) * 10
  local field, exact_field, digest, day = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local old = redis.call('HMGET', bucket, field, exact_field, ARGV[at + 7])
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
    local wipes = ARGV[at + 8] .. requestor(ARGV[at + 9]) .. requestor(ARGV[at + 10])
    if wipes ~= string.rep('\0', #wipes) then
      redis.call('HSET', bucket, ARGV[at + 7], wipes)
    elseif old[3] then
      redis.call('HDEL', bucket, ARGV[at + 7])
    end
    if string.sub(old[1], DIRECTORY + 1, DIRECTORY + DIGEST) ~= digest then
      facts[#facts + 1] = ARGV[at + 6]
    end
  end
end
emit(facts)
return answer({ changed = #facts, unknown = unknown })
