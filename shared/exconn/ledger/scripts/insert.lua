-- uses brakes
-- insert: idempotency key -> same job; open index; brakes; parent's count; queued, waiting, parked or held.
local before = redis.call('GET', P.idempotency)
if before then
  local id, digest = string.match(before, '^(%S+) ?(%S*)$')
  if digest ~= P.idempotency_digest then
    return answer({ error = 'mismatch', job = id })
  end
  -- Written anew, so that a confirmation that follows waits for it: the first one may never have reached a replica.
  redis.call('SET', P.idempotency, before, 'KEEPTTL')
  local state = redis.call('HGET', key('job', id), 'state')
  return { 'job', id, 'created', false, 'state', state or 'settled', 'ring', 0 }
end

-- A held action, that has not begun, gives way to the same one by somebody else, who is let in now.
local function gives_way(id)
  local before = read(id)
  local is_held = before and before.state == 'held' and tonumber(before.begun) == 0
  if not is_held or before.kind ~= P.kind or before.requester == (P.requester or '') then
    return nil, is_held
  end
  local lasts = absent(P.valid_until) and math.huge or tonumber(P.valid_until)
  local lasted = absent(before.valid_until) and math.huge or tonumber(before.valid_until)
  local runs = not CHECKS[P.checks].switch or redis.call('GET', key('switch', P.connector)) == 'running'
  return runs and lasts >= math.min(lasted, NOW + SUPERSEDES_WITHIN) and before or nil, is_held
end

local series = key('series', P.connector)
if not absent(P.series) then
  local open = redis.call('HGET', series, P.series)
  if open then
    return answer({ error = 'open', job = open })
  end
end

local job = setmetatable({ id = P.job, connector = P.connector, kind = P.kind, service = P.service, phase = P.phase,
  state = 'queued', created = int(NOW), requester = P.requester, organization = P.organization, checks = P.checks,
  limits = P.limits, valid_until = P.valid_until, asked = P.asked }, DEFAULTS)

local is_counted = CHECKS[P.checks].quota and absent(P.parent)
local open_of = key('open_of', organization_of(job), job.requester)
local has_open = is_counted and redis.call('ZCARD', open_of) or 0
local most = is_counted and most_open(job) or math.huge

-- What is over a limit before anybody looks at it is held at once, and wakes nobody.
local is_braked = is_counted and not P.parked and not P.delay
local brake, limit
if is_braked then
  brake, limit = full_brake(job, has_open)
end

-- The device is taken in the call that asks whether it is free, where nothing refuses the job after that.
local index = key('open_actions', P.connector)
local takes_it = has_open < most and absent(P.parent)
local in_its_way, is_held
if not absent(P.device) and not (takes_it and redis.call('HSETNX', index, P.device, P.job) == 1) then
  local open = redis.call('HGET', index, P.device)
  if open then
    in_its_way, is_held = gives_way(open)
    if not in_its_way or brake or not is_braked then
      return answer({ error = 'open', job = open, held = is_held or false })
    end
  end
end
if has_open >= most then
  return answer({ error = 'many', most = most })
end

if not absent(P.parent) then
  local state, sealed, generation = unpack(redis.call('HMGET', key('job', P.parent), 'state', 'sealed', 'own_generation'))
  if not state or state == 'settled' or sealed == '1' or (generation or '0') ~= (P.generation or '0') then
    return answer({ error = 'parent' })
  end
  redis.call('HINCRBY', key('job', P.parent), 'pending', 1)
end

if in_its_way then
  note_cancelled(in_its_way.id)
  settle(in_its_way, 'cancelled', N.job_cancelled, P.by, { superseded_by = P.job })
end

-- What is not written has the value that an absent field means.
local fields = first_texts(ARGV, P.fields)
local function field(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
field('created', job.created)

local at, ring, place = NOW + P.ring_again, 0, nil
if brake then
  -- It is held below, as one that was put in.
elseif P.parked then
  job.state, job.wait = 'waiting', 'credit'
  field('credit', '1')
elseif P.delay then
  job.state, job.wait, at = 'waiting', 'time', NOW + P.delay
else
  place = place_of(job)
  if place then
    ring = 1
    field('ring', '1')
    mark_rung(job, place == 'head')
  else
    at = NOW
  end
end
if not absent(P.series) then
  redis.call('HSET', series, P.series, P.job)
end
if P.parked then
  redis.call('ZADD', key('parked', P.kind, P.connector), job.created, P.job)
elseif not brake then
  job.due = int(at)
  field('due', job.due)
  redis.call('ZADD', key('due', P.service, P.connector), job.due, P.job)
end
field('state', job.state)
if job.wait ~= '' then
  field('wait', job.wait)
end
field('said', standing(job))
redis.call('HSET', key('job', P.job), unpack(fields))
redis.call('SET', P.idempotency, P.job .. ' ' .. P.idempotency_digest)
redis.call('SADD', key('open_jobs', P.service, P.connector), P.job)
if is_counted then
  redis.call('ZADD', open_of, job.created, P.job)
end
-- Who asked for what the kill switch stops, or lets in, does not resume it for others.
if (is_counted or CHECKS[P.checks].switch) and absent(P.parent) and not absent(P.requester) then
  local asked = key('asked_lately', organization_of(job))
  redis.call('ZADD', asked, job.created, P.requester)
  redis.call('PEXPIRE', asked, ASKED_LATELY)
end
if in_its_way or (not absent(P.device) and not takes_it) then
  redis.call('HSET', index, P.device, P.job)
end
tell(N.job_queued, job, P.by, { service = P.service, requester = P.requester, revision = tonumber(P.revision),
  device = P.device, parent = P.parent, valid_until = tonumber(P.valid_until), due = job.due, wait = job.wait })
if brake then
  hold(job, brake, P.by, { limit = limit })
elseif is_braked then
  get_ahead(job)
end
-- Where the queue lies on this server too. A doorbell that it does not take is rung by the caller, or in a round.
local pushed = false
if place and not absent(P.doorbell) then
  pushed = type(redis.pcall(place == 'head' and 'RPUSH' or 'LPUSH', P.queue, P.doorbell)) == 'number'
end
return { 'job', P.job, 'created', true, 'state', job.state, 'ring', ring, 'head', place == 'head', 'pushed', pushed }
