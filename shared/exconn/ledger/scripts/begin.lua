-- uses lease_holder, brakes
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
  -- What stands in the job as a grant may have been written by anybody: it counts if the worker verified that very text.
  if not absent(job.grant) and redis.sha1hex(job.grant) ~= P.grant then
    write(job, { grant = '' })
    emit(N.grant_not_signed, job, P.worker, { part = absent(P.grant_part) and 'exchanged' or P.grant_part })
  end
  local stopped, reason = stopped_by_brakes(job, P.worker, P.limits)
  if stopped then
    return stop(stopped, reason)
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
write(job, { phase = absent(P.phase) and job.phase or P.phase, look = '' })
if not absent(P.pre_image) then
  write(job, { pre_image = P.pre_image })
end
emit(N.issuing, job, P.worker, { purpose = P.purpose, attempt = tonumber(job.begun) + 1, device = job.device })
return {}
