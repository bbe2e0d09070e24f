-- overdue: whose doorbell to ring (again), and who gets the credit that is free.
local rings = {}

local function ring(job)
  local count = tonumber(job.ring or '0') + redis.call('HINCRBY', key('rings', job.service, job.connector), job.id, 1)
  rings[#rings + 1] = { job = job.id, kind = job.kind, service = job.service, ring = count }
  return count
end

for kind, credit in pairs(P.credit) do
  local flying = key('in_flight', kind, P.connector)
  local free = math.min(credit - redis.call('SCARD', flying), P.limit)
  if free > 0 then
    local parked = key('parked', kind, P.connector)
    for _, id in ipairs(redis.call('ZRANGE', parked, 0, free - 1)) do
      redis.call('ZREM', parked, id)
      local job = read(id)
      if job and job.state == 'waiting' then
        redis.call('SADD', flying, id)
        enqueue(job)
        emit(N.job_unparked, job, P.by, {})
      end
    end
  end
end

local waiting = 0
for _, service in ipairs(SERVICES) do
  local due = key('due', service, P.connector)
  local late = redis.call('ZCOUNT', due, '-inf', int(NOW))
  waiting = waiting + late
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', int(NOW), 'LIMIT', 0, P.limit - #rings)) do
    local job = read(id)
    if not job or job.state == 'settled' or job.state == 'held' then
      redis.call('ZREM', due, id)
    else
      if job.state == 'waiting' then
        write(job, { state = 'queued', wait = '' })
      end
      local count = ring(job)
      -- Ring again later and later, and slower while many wait: a busy worker needs no more doorbells.
      local pause = math.min(P.ring_again * math.max(1, late / P.limit) + 1000 * (count - 1), P.ring_slowest)
      redis.call('ZADD', due, int(NOW + pause), id)
    end
  end
end
return answer({ rings = #rings > 0 and rings or nil, late = waiting })
