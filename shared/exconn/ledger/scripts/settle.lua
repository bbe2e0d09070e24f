-- uses lease_holder, next_parked
-- settle: the end state, by the worker that holds the job. The credit that it held goes to the next in the same call.
local job, refused = mover('settle')
if refused then
  return refused
end
-- What has begun may have happened: it is no refusal, and did not come too late.
if tonumber(job.begun) > 0 and (P.outcome == 'refused' or P.outcome == 'expired') then
  return answer({ error = 'begun', state = job.state })
end
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
if tonumber(job.looks or '0') > 0 and P.data.looks == nil then
  P.data.looks = tonumber(job.looks)
end
if not absent(P.request_digest) then
  redis.call('SET', key('issued', job.connector, P.request_digest), job.id .. ' settled', 'PX', ISSUED_KEPT)
end
settle(job, P.outcome, P.number, P.worker, P.data)
local rings = {}
if job.credit == '1' then
  unpark(job.connector, job.kind, P.worker, rings)
end
return #rings > 0 and answer({ rings = rings }) or {}
