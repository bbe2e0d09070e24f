-- doorbells_due: whose doorbell to ring (again). `queues` says of each queue how many doorbells lie in it, and how many more
-- it takes; without that, all that is due is rung, up to `limit`.
local rings = {}

-- How far a job steps back whose doorbell has no place yet: about a round.
local STEP_BACK = 1000

local FIELDS = { 'state', 'kind', 'service', 'requester', 'checks', 'phase', 'ring', 'look', 'parent', 'cancel' }

-- What ringing asks of a job: its payload may be long.
local function peek(id, service)
  local job, values = { id = id, connector = P.connector }, redis.call('HMGET', key('job', id), unpack(FIELDS))
  for place, name in ipairs(FIELDS) do
    job[name] = values[place] or ''
  end
  job.service = service or job.service
  return job
end

-- Of the doorbells that nobody has heard, so many lie in the queue at most; the oldest others were lost.
local function forget_lost(service, lying)
  local rung = key('rung', service, P.connector)
  local lost = math.min(redis.call('ZCARD', rung) - lying, P.limit)
  if lost > 0 then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', rung, '-inf', int(NOW - P.ring_again), 'LIMIT', 0, lost)) do
      mark_heard(peek(id, service))
    end
  end
  if redis.call('ZCARD', rung) == 0 then
    for _, name in ipairs(redis.call('HKEYS', key('lanes', service, P.connector))) do
      redis.call('HDEL', key('lanes', service, P.connector), name)
    end
  end
end

local bounded = P.queues ~= nil and P.queues ~= cjson.null
if bounded then
  for service, queue in pairs(P.queues) do
    forget_lost(service, queue.lying)
  end
end

local counts, busy, late = {}, 0, 0
for _, service in ipairs(SERVICES) do
  counts[service] = redis.call('ZCOUNT', key('due', service, P.connector), '-inf', int(NOW))
  busy = busy + (counts[service] > 0 and 1 or 0)
  late = late + counts[service]
end

-- Services that have something due share what one call looks at.
local candidates = {}
for _, service in ipairs(SERVICES) do
  local due, found = key('due', service, P.connector), {}
  if counts[service] > 0 then
    found = redis.call('ZRANGEBYSCORE', due, '-inf', int(NOW), 'LIMIT', 0, math.ceil(P.limit / busy))
  end
  -- The newest of many, too: an action that has just come due must not wait until all looks before it were rung.
  if counts[service] > #found then
    local newest = math.ceil(P.newest / busy)
    for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', due, int(NOW), '-inf', 'LIMIT', 0, newest)) do
      found[#found + 1] = id
    end
  end
  for _, id in ipairs(found) do
    candidates[#candidates + 1] = { id, service }
  end
end

-- Rung again later and later, and slower while many wait: a busy worker needs no more doorbells.
local function pause(job)
  local again = tonumber(redis.call('HGET', key('rings', job.service, P.connector), job.id) or '0')
  local wait = P.ring_again * math.max(1, late / P.limit) + 1000 * ((tonumber(job.ring) or 0) + again)
  redis.call('ZADD', key('due', job.service, P.connector), int(NOW + math.min(wait, P.ring_slowest)), job.id)
end

-- Lost leases first, then actions that have not begun, of each requester in turn; then other work, and looks at last.
local lost, turns, work, looking = {}, {}, {}, {}
local seen, longest = {}, 0
for _, candidate in ipairs(candidates) do
  local id, service = unpack(candidate)
  local job = not seen[id] and peek(id, service)
  seen[id] = true
  if not job then
    -- It is among the oldest and the newest.
  elseif job.state == '' or job.state == 'settled' or job.state == 'held' then
    redis.call('ZREM', key('due', service, P.connector), id)
  elseif bounded and redis.call('ZSCORE', key('rung', job.service, P.connector), id) then
    pause(job)
  elseif job.state == 'claimed' then
    lost[#lost + 1] = job
  elseif urgent(job) then
    local turn = turns[job.requester]
    if not turn then
      turn = {}
      turns[job.requester] = turn
      turns[#turns + 1] = turn
    end
    turn[#turn + 1] = job
    longest = math.max(longest, #turn)
  elseif job.look == '1' then
    looking[#looking + 1] = job
  else
    work[#work + 1] = job
  end
end

-- Where its doorbell goes; nil when there is no room for it now, so that a later round rings it.
local function place_in_queue(job, name)
  if not bounded then
    return #rings < P.limit and 'end' or nil
  end
  local queue = P.queues[job.service]
  if not queue and next(P.queues) then
    -- Of a service that only newer coordinators know: it must not stand before those behind it.
    pause(job)
  end
  if not queue or queue[name] <= 0 then
    return nil
  end
  local place = job.state == 'claimed' and 'head' or place_of(job)
  if not place then
    -- Others of its lane come first: it steps back, so that those behind it are looked at.
    redis.call('ZADD', key('due', job.service, P.connector), int(NOW + STEP_BACK), job.id)
  end
  return place
end

local function take(job, name)
  if (job.parent ~= '' or job.cancel == '1') and is_over(read(job.id), P.by) then
    return
  end
  local place = place_in_queue(job, name)
  if not place then
    return
  end
  if job.state == 'waiting' then
    write(job, { state = 'queued', wait = '' })
  end
  pause(job)
  ring(job, place, rings)
  if bounded then
    local queue = P.queues[job.service]
    queue.room, queue.urgent = queue.room - 1, queue.urgent - 1
  end
end

for _, job in ipairs(lost) do
  take(job, 'urgent')
end
for place = 1, longest do
  for _, turn in ipairs(turns) do
    if turn[place] then
      take(turn[place], 'urgent')
    end
  end
end
for _, job in ipairs(work) do
  take(job, 'room')
end
for _, job in ipairs(looking) do
  take(job, 'room')
end
return answer({ rings = #rings > 0 and rings or nil, late = late })
