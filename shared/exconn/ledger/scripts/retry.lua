-- uses written
-- retry: look at a job now. A job held by a brake needs a release instead. What the job waits for is tried with it.
local job = read(P.job)
if not job then
  return answer({ result = 'unknown' })
end
if not legal('retry', job) or (job.state == 'waiting' and job.wait ~= 'time') then
  return answer({ result = 'illegal', state = job.state })
end
if job.state == 'held' and BRAKES[job.reason] then
  return answer({ result = 'illegal', state = job.state, reason = job.reason })
end
local held_for = job.reason
local found = not absent(job.awaits) and redis.call('HGET', key('troubles', job.connector), job.awaits)
local trouble = found and trouble_in(found)
if trouble then
  trouble.next = int(NOW)
  redis.call('HSET', key('troubles', job.connector), job.awaits, cjson.encode(trouble))
end
write(job, { reason = '', subject = '', crashes = '0', failures = '0' })
go_on(job)
emit(N.job_released, job, P.by, { retry = true, held_for = held_for })
return answer({ result = 'ok' })
