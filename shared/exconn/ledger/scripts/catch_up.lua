-- uses next_parked
-- catch_up: what has to be done before it is asked whose doorbells are due, some at a time: what a resume left stopped,
-- looks at held actions, what has run out, and who gets the credit that is free. `more` says that one call was not enough.
local rings, moved, more = {}, 0, false

-- What a resume left stopped that did not come to its end.
if redis.call('GET', key('switch', P.connector)) == 'running' then
  for _, service in ipairs(SERVICES) do
    local paused = key('paused', service, P.connector)
    local stopped = moved < P.limit and redis.call('ZRANGE', paused, 0, P.limit - moved - 1) or {}
    for place, id in ipairs(stopped) do
      local job = read(id)
      redis.call('ZREM', paused, id)
      if job and job.state == 'waiting' and job.wait == 'switch' then
        never_expires(job)
        write(job, { wait = 'time', reason = '' })
        set_due(job, NOW - #stopped + place)
      end
    end
    moved = moved + #stopped
  end
end

-- Held actions that are in Exchange stay open: looking changes nothing there, and the phone may acknowledge meanwhile.
local looks = key('looks', P.connector)
local held = moved < P.limit and redis.call('ZRANGEBYSCORE', looks, '-inf', int(NOW), 'LIMIT', 0, P.limit - moved) or {}
for _, id in ipairs(held) do
  local job = read(id)
  redis.call('ZREM', looks, id)
  if job and legal('look_again', job) and not BRAKES[job.reason] then
    enqueue(job)
    write(job, { look = '1' })
  end
end
more = moved + #held >= P.limit

-- What waits for a person or for the kill switch, and has not begun, ends when its time has passed.
local room = math.min(P.limit - moved - #held, P.most_ended)
for _, service in ipairs(SERVICES) do
  local expiring = key('expiring', service, P.connector)
  local passed = room > 0 and redis.call('ZRANGEBYSCORE', expiring, '-inf', int(NOW), 'LIMIT', 0, room) or {}
  room = room - #passed
  for _, id in ipairs(passed) do
    local job = read(id)
    redis.call('ZREM', expiring, id)
    if job and tonumber(job.begun) == 0 and (job.state == 'held' or job.wait == 'switch') then
      settle(job, 'expired', N.job_expired, P.by, {})
    end
  end
end
more = more or room <= 0

for kind, credit in pairs(P.credit) do
  local kept = key('credit', P.connector, kind)
  if redis.call('GET', kept) ~= int(credit) then
    redis.call('SET', kept, int(credit))
  end
  more = unpark(P.connector, kind, P.by, rings) or more
end
return answer({ rings = #rings > 0 and rings or nil, more = more })
