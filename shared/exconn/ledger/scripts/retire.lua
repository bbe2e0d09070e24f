-- retire: settled jobs that the projector has confirmed expire; their idempotency keys stay longer.
local count = 0
local confirmed = tonumber(P.confirmed)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.settled, '-inf', '(' .. int(confirmed), 'LIMIT', 0, P.limit)) do
  local name = key('job', id)
  local idem, kept, parent = unpack(redis.call('HMGET', name, 'idempotency', 'idempotency_kept', 'parent'))
  local keep = int(absent(parent or '') and P.keep or P.keep_parts)
  if idem then
    redis.call('PEXPIRE', idem, int(keep + tonumber(kept)))
  end
  redis.call('PEXPIRE', name, keep)
  redis.call('ZREM', K.settled, id)
  count = count + 1
end
return answer({ count = count })
