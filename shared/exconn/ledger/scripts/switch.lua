-- uses written
-- switch: the kill switch of a connector. Resume makes the stopped jobs due in their order, some at a time.
local nobody = { connector = P.connector }
local name, pausers = key('switch', P.connector), key('paused_by', P.connector)
local first, since, again = unpack(redis.call('HMGET', pausers, 'first', 'since', 'again'))
first = first or ''
local is_running = redis.call('GET', name) == 'running'

if P.to == 'paused' then
  if is_running or absent(first) then
    first = P.by
    redis.call('HSET', pausers, 'first', P.by, 'since', int(NOW), 'again', '')
  elseif first ~= P.by then
    redis.call('HSET', pausers, 'again', '1')
  end
  redis.call('SET', name, 'paused')
  emit(N.brake_paused, nobody, P.by, { first_paused_by = first })
  return answer({ ok = true, left = 0 })
end

-- More applies than anybody has wait for one switch.
local MOST_APPLIES = 500

-- What intake has pinned; before, what was said.
local function organization_here()
  local organization = redis.call('HGET', key('revisions', P.connector), 'organization') or ''
  if organization == '' then
    local said = (decoded(redis.call('HGET', K.connectors, P.connector)) or {}).organization
    organization = type(said) == 'string' and said or nil
  end
  return absent(organization) and P.connector or organization
end

-- Whether an action waits for the switch, and whether who asks has asked for any himself, whatever became of it.
local function who_waits()
  local waits, own = false, false
  for _, service in ipairs(SERVICES) do
    local paused = key('paused', service, P.connector)
    waits = waits or redis.call('ZCARD', paused) > 0
    -- Of others than these, what a requester has open is known below.
    for _, id in ipairs(service ~= 'actions' and redis.call('ZRANGE', paused, 0, MOST_APPLIES - 1) or {}) do
      own = own or redis.call('HGET', key('job', id), 'requester') == P.by
    end
  end
  local organization = organization_here()
  local asked = key('asked_lately', organization)
  redis.call('ZREMRANGEBYSCORE', asked, '-inf', int(NOW - ASKED_LATELY))
  own = own or redis.call('ZSCORE', asked, P.by) or redis.call('ZCARD', key('open_of', organization, P.by)) > 0
  return waits, own and true or false
end

local is_alone = false

-- Who asks may resume: a second one who agrees with the first about this very pause; who paused, unless others did too
-- and he asked for actions; while actions wait, another one who asked for none. With a single administrator, whose key
-- may be the one that was stolen, who paused waits for a time as anybody else. Of a switch that nobody turned on, anybody
-- who may resume at all.
local function may_resume()
  if absent(first) then
    return true
  end
  if not absent(P.asked_by) and P.asked_by ~= P.by and P.paused_at == tonumber(since) then
    return true
  end
  local waits, own = who_waits()
  if P.by == first and not P.alone_after and not (own and again == '1') then
    return true
  end
  if waits and not own and not (P.by == first and P.alone_after) then
    return true
  end
  is_alone = P.alone_after and NOW >= tonumber(since) + P.alone_after
  return is_alone, own
end

if not is_running then
  -- Somebody paused again while the stopped jobs were made due: that word is the newer one.
  if P.after > 0 then
    return answer({ ok = true, left = 0 })
  end
  local may, own = may_resume()
  if not may then
    return answer({ error = 'another', first = first, since = tonumber(since), own = own })
  end
  redis.call('SET', name, 'running')
  redis.call('HSET', pausers, 'first', '', 'since', '', 'again', '')
  local who = { first_paused_by = first, resumed_by = P.by, asked_by = P.asked_by }
  emit(N.brake_resumed, nobody, P.by, who)
  if is_alone then
    emit(N.brake_resumed_alone, nobody, P.by, who)
  end
end
local due = math.max(NOW, P.after)
local moved, left = 0, 0
for _, service in ipairs(SERVICES) do
  local paused = key('paused', service, P.connector)
  local some = moved < P.limit and redis.call('ZRANGE', paused, 0, P.limit - moved - 1) or {}
  for _, id in ipairs(some) do
    redis.call('ZREM', paused, id)
    moved = moved + 1
    local job = read(id)
    if job and job.state == 'waiting' and job.wait == 'switch' then
      never_expires(job)
      write(job, { wait = 'time', reason = '' })
      due = due + 1
      set_due(job, due)
    end
  end
  left = left + redis.call('ZCARD', paused)
end
return answer({ ok = true, left = left, after = due })
