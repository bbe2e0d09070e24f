-- cancel: settled at once before the point of no return; after it, a mark that the worker's read-back decides on.
local job = read(P.job)
if not job then
  return answer({ result = 'unknown' })
end
if not legal('cancel', job) then
  return answer({ result = 'settled', outcome = job.outcome })
end
if job.state ~= 'claimed' and tonumber(job.begun) == 0 then
  settle(job, 'cancelled', N.job_cancelled, P.by, {})
  return answer({ result = 'cancelled' })
end
-- A job that was held with its mark on it would wait for ever: it is looked at again.
if job.cancel ~= '1' or job.state == 'held' then
  write(job, { cancel = '1' })
  if job.state ~= 'claimed' then
    redis.call('ZREM', key('paused', job.service, job.connector), job.id)
    enqueue(job)
  end
  emit(N.cancel_marked, job, P.by, {})
end
return answer({ result = 'marked' })
