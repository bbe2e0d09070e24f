-- keep_answer: binds a nonce to its bytes, or keeps the answer to it, on a server that is full. A requester gets so many
-- new ones while they are kept, so what this adds is bounded; an answer takes the place of its nonce's first value.
local name = key('answer', P.requester, P.nonce)
local before = redis.call('GET', name)
if P.is_new and before then
  return answer({ before = before })
end
if not before then
  local counter = key('answer', P.requester, '*')  -- no nonce is written so
  local count = tonumber(redis.call('GET', counter) or '0') + 1
  if count > P.most then
    return answer({ error = 'full' })
  end
  if count == 1 then
    redis.call('SET', counter, '1', 'PX', int(P.kept))
  else
    redis.call('SET', counter, int(count), 'KEEPTTL')
  end
end
redis.call('SET', name, P.value, 'PX', int(P.kept))
return answer({})
