-- Who gets the credit that is free.
-- The next parked jobs of a kind get the credit that is free, and are rung. Parts that no parent waits for end instead.
-- Whether one call was too few for all of them.
local function unpark(connector, kind, by, rings)
  local flying, parked = key('in_flight', kind, connector), key('parked', kind, connector)
  local credit = tonumber(redis.call('GET', key('credit', connector, kind)) or '0')
  local room = credit - redis.call('SCARD', flying)
  local free = math.min(room, P.limit)
  local known, ended = {}, 0
  while free > 0 and ended < P.most_ended do
    local ids = redis.call('ZRANGE', parked, 0, math.min(free, P.most_ended - ended) - 1)
    if #ids == 0 then
      return false
    end
    for _, id in ipairs(ids) do
      local job = read(id)
      redis.call('ZREM', parked, id)
      if job and job.state == 'waiting' and job.wait == 'credit' then
        if counts(job, known) then
          redis.call('SADD', flying, id)
          write(job, { state = 'queued', wait = '', look = '' })
          set_due(job, NOW + P.ring_again)
          ring(job, 'end', rings)
          emit(N.job_unparked, job, by, {})
          free = free - 1
        else
          settle(job, 'cancelled', N.job_cancelled, by, { reason = R.no_longer_counted })
          ended = ended + 1
        end
      end
    end
  end
  return ended >= P.most_ended or (free <= 0 and room > P.limit)
end
