-- retire: settled jobs that the projector has confirmed expire; their idempotency keys stay longer.
local count = 0
local confirmed = tonumber(P.confirmed)
for _, service in ipairs(SERVICES) do
  local settled = key('settled', service)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', settled, '-inf', '(' .. int(confirmed), 'LIMIT', 0, P.limit - count)) do
    local name = key('job', id)
    local idem, kept, parent = unpack(redis.call('HMGET', name, 'idempotency', 'idempotency_kept', 'parent'))
    local keep = int(absent(parent or '') and P.keep or P.keep_parts)
    if idem then
      redis.call('PEXPIRE', idem, int(keep + (tonumber(kept) or IDEMPOTENCY_KEPT)))
    end
    redis.call('PEXPIRE', name, keep)
    redis.call('ZREM', settled, id)
    count = count + 1
  end
end
return answer({ count = count })
