-- A page of owners. KEYS[i] is the bucket of the i-th owner; its arguments are field, digest, fact.
local length = pressure()
if length then
  return answer({ pressure = length })
end

local facts = {}
for i, bucket in ipairs(KEYS) do
  local at = 1 + (i - 1) * 3
  if redis.call('HGET', bucket, ARGV[at + 1]) ~= ARGV[at + 2] then
    redis.call('HSET', bucket, ARGV[at + 1], ARGV[at + 2])
    facts[#facts + 1] = ARGV[at + 3]
  end
end
emit(facts)
return answer({ changed = #facts, unknown = 0 })
