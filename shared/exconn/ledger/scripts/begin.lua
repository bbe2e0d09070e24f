-- uses lease_holder
-- begin: the point of no return, right before any cmdlet that changes Exchange. A refusal moves the job in this call.
local job, refused = mover('begin')
if refused then
  return refused
end
if tonumber(job.lease) <= NOW then
  return answer({ error = 'lost', state = 'expired' })
end

local function stop(outcome, reason)
  return answer({ stopped = outcome, reason = reason })
end

local checks = CHECKS[job.checks]
local limits = cjson.decode(job.limits)

-- The fleet cuts a window down, but never below the floor.
local function cut(limit)
  local fleet = tonumber(redis.call('GET', key('fleet', job.connector)) or '0')
  return math.min(limit, math.max(limits.floor, math.floor(fleet * limits.share)))
end

local function full(tokens, windows, cap)
  redis.call('ZREMRANGEBYSCORE', tokens, '-inf', int(NOW - TOKENS_KEPT))
  for _, window in ipairs(windows) do
    local used = redis.call('ZCOUNT', tokens, '(' .. int(NOW - window[2]), '+inf')
    if used >= cap(window[1]) then
      return true
    end
  end
  return false
end

local function same(limit)
  return limit
end

if P.purpose == 'issue' then
  if job.cancel == '1' then
    settle(job, 'cancelled', N.job_cancelled, P.worker, {})
    return stop('cancelled', '')
  end
  if not absent(job.valid_until) and tonumber(job.valid_until) <= NOW then
    if tonumber(job.begun) > 0 then
      return stop(hold(job, R.unproven, P.worker, { cause = R.time_passed }), R.unproven)
    end
    settle(job, 'expired', N.job_expired, P.worker, {})
    return stop('expired', '')
  end
  if checks.switch and redis.call('GET', key('switch', job.connector)) ~= 'running' then
    not_due(job)
    write(job, { state = 'waiting', wait = 'switch', look = '', reason = R.kill_switch, token = '', lease = '',
      crashes = '0' })
    redis.call('ZADD', key('paused', job.service, job.connector), job.created, job.id)
    emit(N.job_paused, job, P.worker, { reason = R.kill_switch })
    return stop('paused', R.kill_switch)
  end
  local brake = key('brake', organization_of(job), job.checks)
  local quota = key('quota', organization_of(job), job.requester)
  local granted = not absent(job.grant)
  if checks.quota and not granted and not redis.call('ZSCORE', quota, job.id) and full(quota, limits.quota, same) then
    return stop(hold(job, R.quota, P.worker, { limit = 'requester' }), R.quota)
  end
  if checks.breaker and not granted and not redis.call('ZSCORE', brake, job.id) and full(brake, limits.breaker, cut) then
    return stop(hold(job, R.breaker, P.worker, { limit = job.checks }), R.breaker)
  end
  if checks.quota and not redis.call('ZSCORE', quota, job.id) then
    redis.call('ZADD', quota, int(NOW), job.id)
  end
  if checks.breaker and not redis.call('ZSCORE', brake, job.id) then
    redis.call('ZADD', brake, int(NOW), job.id)
  end
  if granted then
    write(job, { grant = '', grant_used = '1' })
  end
end

redis.call('HINCRBY', key('job', job.id), 'begun', 1)
write(job, { phase = absent(P.phase) and job.phase or P.phase, look = '' })
if not absent(P.pre_image) then
  write(job, { pre_image = P.pre_image })
end
emit(N.issuing, job, P.worker, { purpose = P.purpose, attempt = tonumber(job.begun) + 1, device = job.device })
return {}
