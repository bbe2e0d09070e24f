-- uses lease_holder, brakes
-- begin: the point of no return, right before any cmdlet that changes Exchange. A refusal moves the job in this call.
local job, refused = mover('begin')
if refused then
  return refused
end
if tonumber(job.lease) <= NOW then
  return answer({ error = 'lost', state = 'expired' })
end

-- What the worker has verified is still what decides.
for name, value in pairs(P.read or {}) do
  if (job[name] or '') ~= value then
    return answer({ error = 'lost', state = 'changed' })
  end
end

-- The action for which the request was issued before, if it is another one, has ended since, or has begun more often than
-- it says (the second value: so often); or the action itself, if it has ended or was cancelled. Of one that was never
-- issued no token counts: whoever took it was not a worker that began it.
local function issued_for(job, request)
  if has_ended(job.id, NOW) or (is_action(job.id) and is_cancelled(job.id)) then
    return job.id
  end
  if absent(request) then
    return nil
  end
  local id, known = string.match(redis.call('GET', key('issued', job.connector, request)) or '', '^(%S+) ?(%S*)$')
  if id and (id ~= job.id or known == 'settled') then
    return id
  end
  if id and (tonumber(known) or 0) > tonumber(job.begun) then
    return id, known
  end
  if not id then
    redis.call('ZREM', key('quota', organization_of(job), job.requester), job.id)
    redis.call('ZREM', key('brake', organization_of(job), job.checks), job.id)
  end
  return nil
end

-- It is not what was signed, as that was issued already. What says that it has begun may have been, and what denies it
-- has: that is put right.
local function done_before(job, by, other, begun)
  local data = { part = 'nonce', job = other }
  if begun then
    write(job, { begun = begun })
  end
  if tonumber(job.begun) > 0 then
    data.cause = R.not_as_signed
    return hold(job, R.unproven, by, data), R.unproven
  end
  data.reason = R.not_as_signed
  settle(job, 'refused', N.job_refused, by, data)
  return 'refused', R.not_as_signed
end

local function stop(outcome, reason)
  return answer({ stopped = outcome, reason = reason })
end

local checks = CHECKS[job.checks]

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
  -- Brakes are counted by organization, and which one it is intake alone says.
  local organization = redis.call('HGET', key('revisions', job.connector), 'organization')
  if organization and organization ~= '' and organization ~= job.organization then
    return stop(hold(job, R.other_organization, P.worker, {}), R.other_organization)
  end
  local other, begun = issued_for(job, P.request_digest)
  if other then
    return stop(done_before(job, P.worker, other, begun))
  end
  -- What stands in the job as a grant may have been written by anybody: it counts if the worker verified that very text.
  if not absent(job.grant) and redis.sha1hex(job.grant) ~= P.grant then
    write(job, { grant = '' })
    emit(N.grant_not_signed, job, P.worker, { part = absent(P.grant_part) and 'exchanged' or P.grant_part })
  end
  local stopped, reason = stopped_by_brakes(job, P.worker, P.limits)
  if stopped then
    return stop(stopped, reason)
  end
  if not absent(P.request_digest) then
    redis.call('SET', key('issued', job.connector, P.request_digest),
      job.id .. ' ' .. int(tonumber(job.begun) + 1), 'PX', ISSUED_KEPT)
  end
  if checks.quota then
    take_token(key('quota', organization_of(job), job.requester), job.id)
  end
  if checks.breaker then
    take_token(key('brake', organization_of(job), job.checks), job.id)
  end
  if not absent(job.grant) then
    write(job, { grant = '', grant_used = '1' })
  end
end

not_ahead(job)
redis.call('HINCRBY', key('job', job.id), 'begun', 1)
job.phase = absent(P.phase) and job.phase or P.phase
write(job, { phase = job.phase, look = '', said = standing(job),
  pre_image = absent(P.pre_image) and job.pre_image or P.pre_image })
-- What a cancellation brings comes from the job, where others may have written it, unless it was kept before.
if P.purpose == 'issue' or redis.call('GET', key('pre_image', job.id)) then
  keep_pre_image(job.id)
end
local said = { purpose = P.purpose, attempt = tonumber(job.begun) + 1, device = job.device }
for name, value in pairs(P.record or {}) do
  said[name] = value
end
tell(N.issuing, job, P.worker, said)
return {}
