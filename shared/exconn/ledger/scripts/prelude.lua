-- What every script shares: parameters, the server's time, keys, the status message, moving a job in and out of the
-- sets. `K`, `N`, `R` (reasons), `BRAKES`, `LEGAL`, `LIFE` and `CHECKS` are rendered in front of this text from the
-- Python tables. All of it is made once, when the library is loaded; `P` and `NOW` are set at each call.
local P, NOW

local function int(x)
  return string.format('%.0f', tonumber(x))
end

local function enter(_, arguments)
  P = cjson.decode(arguments[1])
  local t = redis.call('TIME')
  NOW = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function key(name, ...)
  return string.format(K[name], ...)
end

local function absent(x)
  return x == nil or x == cjson.null or x == ''
end

local function answer(t)
  return cjson.encode(t)
end

-- What a field means that was never written: insert writes only what differs from it.
local DEFAULTS = { __index = { generation = '0', own_generation = '0', pending = '0', sealed = '0', epoch = '0',
  crashes = '0', tries = '0', begun = '0', ring = '0', cancel = '0', failures = '0', looks = '0', credit = '0',
  revision = '0', payload_v = '1', token = '', lease = '', wait = '', reason = '', subject = '', outcome = '', due = '',
  device = '', parent = '', valid_until = '', phase = '', requester = '', organization = '' } }

local function read(id)
  local flat = redis.call('HGETALL', key('job', id))
  if #flat == 0 then
    return nil
  end
  local job = setmetatable({ id = id }, DEFAULTS)
  for i = 1, #flat, 2 do
    job[flat[i]] = flat[i + 1]
  end
  return job
end

local function write(job, fields)
  local flat = {}
  for name, value in pairs(fields) do
    job[name] = value
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', key('job', job.id), unpack(flat))
end

local function legal(call, job)
  return LEGAL[call] ~= nil and LEGAL[call][job.state] == true
end

-- State, phase and reason of a job in one text, to compare it with what was said last.
local function standing(job)
  return job.state .. ' ' .. (job.phase or '') .. ' ' .. (job.reason or '')
end

-- One status message; its number in the audit sequence comes from the same call.
local function tell(number, job, by, data)
  local seq = redis.call('INCR', K.sequence)
  return redis.call('XADD', K.status, '*', 'v', '1', 'seq', int(seq), 'n', int(number), 'at', int(NOW),
    'connector', job.connector or '', 'job', job.id or '', 'kind', job.kind or '', 'state', job.state or '',
    'phase', job.phase or '', 'epoch', job.epoch or '0', 'by', by or '', 'data', cjson.encode(data or {}))
end

-- The same, remembered by the job as what was said of it last.
local function emit(number, job, by, data)
  if job.state then
    write(job, { said = standing(job) })
  end
  return tell(number, job, by, data)
end

-- Whose brakes count for a job: the organization's, whatever its connector is called.
local function organization_of(job)
  return absent(job.organization) and job.connector or job.organization
end

local function set_due(job, at)
  write(job, { due = int(at) })
  redis.call('ZADD', key('due', job.service, job.connector), int(at), job.id)
end

local function not_due(job)
  write(job, { due = '' })
  redis.call('ZREM', key('due', job.service, job.connector), job.id)
end

local function give_credit_back(job)
  if job.credit == '1' then
    redis.call('SREM', key('in_flight', job.kind, job.connector), job.id)
  end
end

local function park(job)
  not_due(job)
  write(job, { state = 'waiting', wait = 'credit' })
  redis.call('ZADD', key('parked', job.kind, job.connector), job.created, job.id)
end

local function enqueue(job)
  write(job, { state = 'queued', wait = '', look = '' })
  set_due(job, NOW)
end

local function child_ended(job)
  if absent(job.parent) then
    return
  end
  local parent = read(job.parent)
  if not parent or parent.state == 'settled' or parent.own_generation ~= job.generation then
    return
  end
  local pending = redis.call('HINCRBY', key('job', parent.id), 'pending', -1)
  if pending <= 0 and parent.sealed == '1' and parent.state == 'waiting' and parent.wait == 'children' then
    write(parent, { wait = 'time' })
    set_due(parent, NOW)
  end
end

-- The end of a job, whatever ended it.
local function settle(job, outcome, number, by, data)
  not_due(job)
  redis.call('ZREM', key('paused', job.service, job.connector), job.id)
  redis.call('ZREM', key('parked', job.kind, job.connector), job.id)
  give_credit_back(job)
  redis.call('SREM', key('open_jobs', job.service, job.connector), job.id)
  redis.call('HDEL', key('rings', job.service, job.connector), job.id)
  if not absent(job.device) and redis.call('HGET', key('open_actions', job.connector), job.device) == job.id then
    redis.call('HDEL', key('open_actions', job.connector), job.device)
  end
  data.outcome = outcome
  write(job, { state = 'settled', wait = '', outcome = outcome, token = '', lease = '', settled = int(NOW),
    data = cjson.encode(data) })
  emit(number, job, by, data)
  redis.call('ZADD', key('settled', job.service), int(NOW), job.id)
  child_ended(job)
end

local function held(job, reason, subject, data)
  not_due(job)
  give_credit_back(job)
  data.reason = reason
  write(job, { state = 'held', wait = '', reason = reason, subject = subject, token = '', lease = '',
    failures = '0', data = cjson.encode(data) })
end

local function hold(job, reason, by, data)
  held(job, reason, '', data)
  emit(N.job_held, job, by, data)
end

-- Some fields of a job, where the whole hash, with its payload, is not needed.
local function read_fields(id, ...)
  local found = redis.call('HMGET', key('job', id), ...)
  if not found[1] then
    return nil
  end
  local job = setmetatable({ id = id }, DEFAULTS)
  for i, name in ipairs({ ... }) do
    job[name] = found[i] or nil
  end
  return job
end

-- The holder of the lease, or why not. Every write of a worker passes here. Fields that are named are read alone.
local function owned(call, ...)
  local job
  if select('#', ...) == 0 then
    job = read(P.job)
  else
    job = read_fields(P.job, 'state', 'token', 'epoch', ...)
  end
  if not job then
    return nil, answer({ error = 'lost' })
  end
  if job.state ~= 'claimed' or job.token ~= P.token or job.epoch ~= int(P.epoch) then
    return nil, answer({ error = 'lost', state = job.state })
  end
  if not legal(call, job) then
    return nil, answer({ error = 'illegal', state = job.state })
  end
  return job, nil
end
