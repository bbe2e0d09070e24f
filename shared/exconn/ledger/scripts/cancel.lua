-- cancel: settled at once before the point of no return; after it, a mark that the worker's read-back decides on.
local job = read(P.job)
if not job then
  return answer({ result = 'unknown' })
end
if not legal('cancel', job) then
  return answer({ result = 'settled', outcome = job.outcome })
end
return answer({ result = give_up(job, P.by, {}) })
