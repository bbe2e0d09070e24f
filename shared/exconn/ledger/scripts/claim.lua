-- claim: take the lease of a job that is queued, due, or whose holder was lost. A claim that only looks says nothing.
local job = read(P.job)
if not job or not legal('claim', job) then
  return answer({ claimed = false, why = job and job.state or 'unknown' })
end
if tonumber(job.v) > P.format or tonumber(job.payload_v or '1') > P.payload_format then
  return answer({ claimed = false, why = 'newer', connector = job.connector })
end
mark_heard(job)
if job.state == 'waiting' and (job.wait ~= 'time' or tonumber(job.due) > NOW) then
  return answer({ claimed = false, why = 'not due' })
end
if job.state == 'claimed' and tonumber(job.lease) > NOW then
  return answer({ claimed = false, why = 'leased' })
end
if is_over(job, P.worker) then
  return answer({ claimed = false, why = 'over' })
end
if job.state == 'claimed' then
  -- While this server was away, nobody could renew: whoever lives does so within a lease of its return.
  local at, within, back = unpack(redis.call('HMGET', K.rounds, 'at', 'within', 'back'))
  if at and (NOW - tonumber(at) > tonumber(within) or (back and NOW < tonumber(back) + P.lease)) then
    return answer({ claimed = false, why = 'leased' })
  end
  local crashes = redis.call('HINCRBY', key('job', job.id), 'crashes', 1)
  emit(N.worker_lost, job, job.worker, { crashes = crashes })
  write(job, { look = '' })
  if crashes >= P.most_crashes then
    return answer({ claimed = false, why = hold(job, R.kills_its_worker, P.worker, { crashes = crashes }) })
  end
end
local epoch = redis.call('HINCRBY', key('job', job.id), 'epoch', 1)
job.epoch = int(epoch)
redis.call('HINCRBY', key('job', job.id), 'tries', 1)
write(job, { state = 'claimed', wait = '', token = P.token, worker = P.worker, lease = int(NOW + P.lease),
  claimed = int(NOW) })
set_due(job, NOW + P.lease)
if job.look ~= '1' then
  emit(N.job_claimed, job, P.worker, {})
end
return answer({ claimed = true, epoch = epoch, job = redis.call('HGETALL', key('job', job.id)) })
