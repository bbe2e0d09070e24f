-- settle: the end state, by the worker that holds the job.
local job, refused = owned('settle')
if refused then
  return refused
end
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
settle(job, P.outcome, P.number, P.worker, P.data)
return answer({ ok = true })
