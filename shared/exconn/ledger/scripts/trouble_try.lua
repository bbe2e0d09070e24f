-- uses written
-- trouble_try: may the caller try what is in trouble? One at a time, and none before its next try is due. The others are
-- told how long they wait at least; whoever was admitted and fell silent is succeeded after `try_within`.
local all = key('troubles', P.connector)
local seen, known = {}, {}
for _, name in ipairs(P.troubles) do
  local found = redis.call('HGET', all, name)
  local trouble = trouble_in(found)
  if trouble and not trouble.over then
    if tonumber(trouble.next) > NOW then
      return answer({ admitted = false, trouble = name, wait = tonumber(trouble.next) - NOW })
    end
    known[name], seen[name] = trouble, trouble.failures
  end
end
for name, trouble in pairs(known) do
  trouble.next = int(NOW + P.try_within)
  redis.call('HSET', all, name, cjson.encode(trouble))
end
return answer({ admitted = true, seen = seen })
