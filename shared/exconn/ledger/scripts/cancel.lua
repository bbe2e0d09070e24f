-- cancel: settled at once before the point of no return; after it, a mark that the worker's read-back decides on.
local job = read(P.job)
if not job then
  return answer({ result = 'unknown' })
end
-- Written anew, so that a confirmation that follows waits for it: an earlier call may never have reached a replica.
write(job, { state = job.state })
if not legal('cancel', job) then
  return answer({ result = 'settled', outcome = job.outcome })
end
note_cancelled(job.id)
return answer({ result = give_up(job, P.by, {}) })
