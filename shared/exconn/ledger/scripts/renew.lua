-- renew: keep the lease, also one that has run out while nobody took the job: the worker lives, this server was out of
-- its reach. No message: nothing happened; but a look that lasts has become work, which is said.
local job, refused = owned('renew')
if refused then
  return refused
end
write(job, { lease = int(NOW + P.lease) })
set_due(job, NOW + P.lease)
if job.look == '1' and tonumber(job.begun) == 0 and NOW - tonumber(job.claimed) >= P.said_after then
  write(job, { look = '' })
  emit(N.job_claimed, job, P.worker, {})
end
return answer({ ok = true })
