-- uses brakes
-- claim: take the lease of a job that is queued, due, or whose holder was lost. A claim that only looks says nothing. What
-- brakes would not let begin now is paused or held in place of opening a session to Exchange for it.
local job = read(P.job)
if not job then
  return answer({ claimed = false, why = 'unknown' })
end
local is_newer = tonumber(job.v) > P.format or tonumber(job.payload_v or '1') > P.payload_format
if not is_newer then
  mark_heard(job)
end
if not legal('claim', job) then
  return answer({ claimed = false, why = job.state })
end
if is_newer then
  return answer({ claimed = false, why = 'newer', connector = job.connector })
end
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
  job.crashes = int(crashes)
  emit(N.worker_lost, job, job.worker, { crashes = crashes })
  write(job, { look = '' })
  if crashes >= P.most_crashes then
    return answer({ claimed = false, why = hold(job, R.kills_its_worker, P.worker, { crashes = crashes }) })
  end
end
local is_to_begin = tonumber(job.begun) == 0 and not (IN_EXCHANGE[job.kind] or {})[job.phase]
if is_to_begin and CHECKS[job.checks] and (absent(job.valid_until) or tonumber(job.valid_until) > NOW) then
  local awaits = job.awaits
  local stopped = stopped_by_brakes(job, P.worker)
  if stopped then
    -- What it waited for is left to the next one to try.
    if not absent(awaits) then
      call_in_line(job.connector, awaits, 1)
    end
    return answer({ claimed = false, why = stopped })
  end
end
local epoch = tonumber(job.epoch) + 1
local ends = int(NOW + P.lease)
write(job, { state = 'claimed', wait = '', token = P.token, worker = P.worker, lease = ends, claimed = int(NOW),
  epoch = int(epoch), tries = int(tonumber(job.tries) + 1), due = ends })
redis.call('ZADD', key('due', job.service, job.connector), ends, job.id)
if job.look ~= '1' then
  emit(N.job_claimed, job, P.worker, {})
end
-- Of what has gone further than its beginning, what was before it is told as only workers of actions can have kept it.
local is_further = tonumber(job.begun) > 0 or job.phase ~= FIRST[job.kind]
local kept = is_further and is_action(job.id) and redis.call('GET', key('pre_image', job.id))
job.pre_image, job.pre_image_kept = kept or job.pre_image, kept and '1' or ''
job.id = nil
local fields = {}
for name, value in pairs(job) do
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
return { 'claimed', true, 'epoch', epoch, 'job', fields }
