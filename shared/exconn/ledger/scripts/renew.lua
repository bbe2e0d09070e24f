-- uses lease_holder
-- renew: keep the lease, also one that has run out while nobody took the job: the worker lives, this server was out of
-- its reach. No message: nothing happened; but a look that lasts has become work, which is said.
local job, refused = owned('renew', 'connector', 'service', 'kind', 'phase', 'lease', 'look', 'begun', 'claimed', 'reason')
if refused then
  return refused
end
local ends = int(NOW + P.lease)
write(job, { lease = ends, due = ends })
redis.call('ZADD', key('due', job.service, job.connector), ends, job.id)
if job.look == '1' and tonumber(job.begun) == 0 and NOW - tonumber(job.claimed) >= P.said_after then
  write(job, { look = '' })
  emit(N.job_claimed, job, P.worker, {})
end
return {}
