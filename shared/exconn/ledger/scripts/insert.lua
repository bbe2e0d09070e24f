-- insert: idempotency key -> same job; open index; parent's count; queued, waiting or parked.
local idem = key('idempotency', P.kind, P.connector, P.idempotency_key)
local before = redis.call('GET', idem)
if before then
  local id, digest = string.match(before, '^(%S+) ?(%S*)$')
  if digest ~= P.idempotency_digest then
    return answer({ error = 'mismatch', job = id })
  end
  -- Written anew, so that a confirmation that follows waits for it: the first one may never have reached a replica.
  redis.call('SET', idem, before, 'KEEPTTL')
  local state = redis.call('HGET', key('job', id), 'state')
  return answer({ job = id, created = false, state = state or 'settled', ring = 0 })
end

local index = key('open_actions', P.connector)
if not absent(P.device) then
  local open = redis.call('HGET', index, P.device)
  if open then
    return answer({ error = 'open', job = open })
  end
end

if not absent(P.parent) then
  local parent = read(P.parent)
  if not parent or parent.state == 'settled' or parent.sealed == '1'
    or parent.own_generation ~= int(P.generation) then
    return answer({ error = 'parent' })
  end
  redis.call('HINCRBY', key('job', P.parent), 'pending', 1)
end

local job = { id = P.job, connector = P.connector, kind = P.kind, service = P.service, created = int(NOW) }
write(job, { v = int(P.format), payload_v = int(P.payload_format), kind = P.kind, connector = P.connector, service = P.service, organization = P.organization, state = 'queued',
  phase = P.phase, checks = P.checks, payload = P.payload, requester = P.requester, revision = int(P.revision),
  device = absent(P.device) and '' or P.device, created = int(NOW),
  valid_until = absent(P.valid_until) and '' or int(P.valid_until),
  parent = absent(P.parent) and '' or P.parent, generation = int(P.generation), own_generation = '0',
  pending = '0', sealed = '0', epoch = '0', crashes = '0', tries = '0', begun = '0', ring = '0', cancel = '0', failures = '0', looks = '0',
  token = '', lease = '', wait = '', reason = '', outcome = '', limits = P.limits, credit = P.parked and '1' or '0',
  idempotency = idem, idempotency_kept = int(P.idempotency_kept) })
redis.call('SET', idem, P.job .. ' ' .. P.idempotency_digest)
redis.call('SADD', key('open_jobs', P.service, P.connector), P.job)
if not absent(P.device) then
  redis.call('HSET', index, P.device, P.job)
end

local ring = 0
if P.parked then
  park(job)
elseif P.delay > 0 then
  write(job, { state = 'waiting', wait = 'time' })
  set_due(job, NOW + P.delay)
else
  ring = 1
  write(job, { ring = '1' })
  set_due(job, NOW + P.ring_again)
end
emit(N.job_queued, job, P.by, { service = P.service, requester = P.requester, revision = P.revision,
  device = P.device, parent = P.parent, valid_until = P.valid_until, due = job.due, wait = job.wait })
return answer({ job = P.job, created = true, state = job.state, ring = ring })
