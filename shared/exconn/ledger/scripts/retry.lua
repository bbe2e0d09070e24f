-- retry: look at a job now. A job held by a brake needs a release instead.
local job = read(P.job)
if not job then
  return answer({ result = 'unknown' })
end
if not legal('retry', job) or (job.state == 'waiting' and job.wait ~= 'time') then
  return answer({ result = 'illegal', state = job.state })
end
if job.state == 'held' and (job.reason == 'breaker' or job.reason == 'quota') then
  return answer({ result = 'illegal', state = 'held by the ' .. job.reason })
end
if job.state == 'held' and job.credit == '1' then
  write(job, { reason = '', crashes = '0' })
  park(job)
else
  write(job, { reason = '', crashes = '0' })
  enqueue(job)
end
emit(N.job_released, job, P.by, { reason = 'retry' })
return answer({ result = 'ok' })
