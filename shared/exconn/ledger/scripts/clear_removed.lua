-- uses written
-- clear_removed: ends the jobs of a connector that was removed, some at a time. What a worker has in hand is marked, and
-- ended when its lease has run out.
if (decoded(redis.call('HGET', K.connectors, P.connector)) or {}).state ~= 'removed' then
  return answer({ ended = 0, left = 0 })
end
-- Intake says so too, and it alone: what is open of a connector that only looks removed is left as it is.
if redis.call('HGET', key('revisions', P.connector), 'removed') ~= '1' then
  return answer({ ended = 0, left = 0 })
end
local ended, left = 0, 0
for _, service in ipairs(SERVICES) do
  local jobs = key('open_jobs', service, P.connector)
  for _, id in ipairs(redis.call('SRANDMEMBER', jobs, P.limit - ended)) do
    local job = read(id)
    if job and job.state == 'claimed' and tonumber(job.lease) > NOW and not LEASED[job.kind] then
      give_up(job, P.by, {})
    else
      if job then
        settle(job, 'cancelled', N.job_cancelled, P.by, { reason = R.connector_removed })
      else
        redis.call('SREM', jobs, id)
      end
      ended = ended + 1
    end
  end
  left = left + redis.call('SCARD', jobs)
end
return answer({ ended = ended, left = left })
