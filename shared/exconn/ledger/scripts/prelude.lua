-- What every script shares: the server's time, keys, the status message, moving a job in and out of the sets. `K`, `N`, `R`
-- (reasons), `BRAKES`, `CANCELLATIONS`, `LEGAL`, `LIFE`, `LEASED`, `IN_EXCHANGE`, `ACTIONS` and `CHECKS` are rendered in front
-- of this text from the Python tables. It is made once, when the library is loaded; `P`, `SERVER` (its time in milliseconds)
-- and `NOW` (the ledger's) are set at each call.
local P, SERVER, NOW
-- `NOW` is never before the newest moment at which this server has decided anything. No key has it: who could write it could end leases.
local latest, behind = 0, 0

local function int(x)
  return string.format('%d', math.floor(x + 0.5))
end

local function enter(_, arguments)
  refuse_ended(K.status)
  P = parameters(arguments)
  local t = redis.call('TIME')
  SERVER = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
  behind = math.max(behind, latest - SERVER)
  NOW = SERVER + behind
  latest = NOW
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
  device = '', parent = '', valid_until = '', phase = '', requester = '', organization = '', asked = '' } }

-- That an action is to be cancelled, intake alone says, which has seen who asked for it.
local function is_cancelled(id)
  return not is_action(id) or redis.call('EXISTS', key('cancelled', id)) == 1
end

local function read(id)
  local flat = redis.call('HGETALL', key('job', id))
  if #flat == 0 then
    return nil
  end
  local job = setmetatable({ id = id }, DEFAULTS)
  for i = 1, #flat, 2 do
    job[flat[i]] = flat[i + 1]
  end
  job.id = id
  if job.cancel == '1' and not is_cancelled(id) then
    job.cancel = '0'
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

-- One status message; its number in the audit sequence comes from the same call. It names the request that caused it.
local function tell(number, job, by, data)
  data = data or {}
  data.request = P.request
  local seq = redis.call('INCR', K.sequence)
  return redis.call('XADD', K.status, '*', 'v', '1', 'seq', int(seq), 'n', int(number), 'at', int(NOW),
    'connector', job.connector or '', 'job', job.id or '', 'kind', job.kind or '', 'state', job.state or '',
    'phase', job.phase or '', 'epoch', job.epoch or '0', 'by', by or '', 'data', cjson.encode(data))
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

-- It does not wait any more until a person decides, and so does not run out meanwhile.
local function never_expires(job)
  if not absent(job.valid_until) then
    redis.call('ZREM', key('expiring', job.service, job.connector), job.id)
  end
end

-- What a person asked for and has not begun runs out when its time has passed, also while it waits for a person.
local function may_expire(job)
  local checks = CHECKS[job.checks] or {}
  if (checks.switch or checks.quota) and tonumber(job.begun) == 0 and not absent(job.valid_until) then
    redis.call('ZADD', key('expiring', job.service, job.connector), job.valid_until, job.id)
  end
end

-- It has begun, or is not about to.
local function not_ahead(job)
  local checks = tonumber(job.begun) == 0 and CHECKS[job.checks] or {}
  if checks.quota then
    redis.call('ZREM', key('quota_ahead', organization_of(job), job.requester), job.id)
  end
  if checks.breaker then
    redis.call('ZREM', key('brake_ahead', organization_of(job), job.checks), job.id)
  end
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

-- Doorbells of one requester that may lie in a queue at a time; the rest is rung as those are heard.
local LANE = 40
-- So long a doorbell at the head of a queue may be passed by newer ones; after the second time it is taken for lost.
local HEAD_PASSED, HEAD_LOST = 2000, 30000
-- A held action that is in Exchange is looked at as often as a sweep is due: a phone that was off for days is seen
-- within a day of its return.
local LOOK_EVERY = 86400000

-- Whether a job is an action whose doorbell is not to wait behind looks, nor behind those of other requesters.
local function urgent(job)
  return (CHECKS[job.checks] or {}).quota == true and not (IN_EXCHANGE[job.kind] or {})[job.phase]
end

local function in_lane(job)
  return urgent(job) and not absent(job.requester)
end

-- A doorbell goes out: until somebody hears it, it may lie in the queue. In whose lane it was counted is kept, as the
-- job may have gone on until then.
local function mark_rung(job, head)
  redis.call('ZADD', key('rung', job.service, job.connector), int(NOW), job.id)
  if not in_lane(job) then
    return
  end
  local lanes = key('lanes', job.service, job.connector)
  if redis.call('HSET', lanes, 'job:' .. job.id, job.requester) == 1 then
    redis.call('HINCRBY', lanes, job.requester, 1)
  end
  if head then
    redis.call('ZADD', key('heads', job.service, job.connector), int(NOW), job.id)
  end
end

-- Its doorbell was heard, or is needed no more.
local function mark_heard(job)
  if redis.call('ZREM', key('rung', job.service, job.connector), job.id) == 0 then
    return
  end
  local lanes = key('lanes', job.service, job.connector)
  local requester = redis.call('HGET', lanes, 'job:' .. job.id)
  if not requester then
    return
  end
  redis.call('HDEL', lanes, 'job:' .. job.id)
  redis.call('ZREM', key('heads', job.service, job.connector), job.id)
  if redis.call('HINCRBY', lanes, requester, -1) <= 0 then
    redis.call('HDEL', lanes, requester)
  end
end

-- Where the doorbell of a job goes: the first one of a requester to the head of the queue, further ones to its end; nil
-- when it has to wait until those before it were heard.
local function place_of(job)
  if not in_lane(job) then
    return 'end'
  end
  local lying = tonumber(redis.call('HGET', key('lanes', job.service, job.connector), job.requester) or '0')
  if lying >= LANE then
    return nil
  end
  if lying > 0 then
    return 'end'
  end
  local passed = redis.call('ZCOUNT', key('heads', job.service, job.connector), int(NOW - HEAD_LOST),
    int(NOW - HEAD_PASSED))
  return passed == 0 and 'head' or nil
end

-- One more doorbell of a job, as its caller is told of it.
local function ring(job, place, rings)
  local count = (tonumber(job.ring) or 0) + redis.call('HINCRBY', key('rings', job.service, job.connector), job.id, 1)
  mark_rung(job, place == 'head')
  rings[#rings + 1] = { job = job.id, kind = job.kind, service = job.service, ring = count, head = place == 'head' }
end

-- Out of the set of those that wait for something else than their time.
local function leave(job)
  if job.state == 'held' then
    redis.call('ZREM', key('looks', job.connector), job.id)
    never_expires(job)
  elseif job.wait == 'switch' then
    never_expires(job)
    redis.call('ZREM', key('paused', job.service, job.connector), job.id)
  elseif job.wait == 'credit' then
    redis.call('ZREM', key('parked', job.kind, job.connector), job.id)
  end
end

local function park(job)
  leave(job)
  not_due(job)
  write(job, { state = 'waiting', wait = 'credit' })
  redis.call('ZADD', key('parked', job.kind, job.connector), job.created, job.id)
end

local function enqueue(job)
  leave(job)
  write(job, { state = 'queued', wait = '', look = '' })
  set_due(job, NOW)
end

-- Has a job go on that waited for a person, or for nothing that must be waited for: at once, unless it has no credit and
-- needs some, then in its turn.
local function go_on(job)
  if job.credit == '1' and (job.state == 'held' or job.wait == 'credit') then
    park(job)
  else
    enqueue(job)
  end
end

-- It does not wait any more for an account, a right of it, or the connection to Exchange to work.
local function await_no_trouble(job)
  if not absent(job.awaits) then
    redis.call('ZREM', key('awaiting', job.connector, job.awaits), job.id)
    write(job, { awaits = '' })
  end
end

-- The oldest of those that wait for a trouble to end are due, so that one of them tries. Jobs of a service whose keys the
-- caller may not read are left to a round.
local function call_in_line(connector, trouble, count)
  for _, id in ipairs(redis.call('ZRANGE', key('awaiting', connector, trouble), 0, count - 1)) do
    local job = redis.pcall('HGET', key('job', id), 'state') == 'waiting' and read(id)
    if job and job.state == 'waiting' and job.wait == 'time' and job.awaits == trouble then
      set_due(job, NOW)
    end
  end
end

local function child_ended(job)
  if absent(job.parent) then
    return
  end
  local parent = read(job.parent)
  if not parent or parent.state == 'settled' or parent.own_generation ~= job.generation then
    return
  end
  if job.outcome ~= 'succeeded' then
    redis.call('HINCRBY', key('job', parent.id), 'unread', 1)
  end
  local pending = redis.call('HINCRBY', key('job', parent.id), 'pending', -1)
  if pending <= 0 and parent.sealed == '1' and parent.state == 'waiting' and parent.wait == 'children' then
    write(parent, { wait = 'time' })
    set_due(parent, NOW)
  end
end

-- The end of a job, whatever ended it.
local function settle(job, outcome, number, by, data)
  leave(job)
  not_due(job)
  if job.state ~= 'claimed' then
    mark_heard(job)
  end
  not_ahead(job)
  begins_no_more(job.id, NOW)
  await_no_trouble(job)
  give_credit_back(job)
  redis.call('SREM', key('open_jobs', job.service, job.connector), job.id)
  if (CHECKS[job.checks] or {}).quota then
    redis.call('ZREM', key('open_of', organization_of(job), job.requester), job.id)
  end
  redis.call('HDEL', key('rings', job.service, job.connector), job.id)
  if not absent(job.series) and redis.call('HGET', key('series', job.connector), job.series) == job.id then
    redis.call('HDEL', key('series', job.connector), job.series)
  end
  if not absent(job.device) and redis.call('HGET', key('open_actions', job.connector), job.device) == job.id then
    redis.call('HDEL', key('open_actions', job.connector), job.device)
  end
  data.outcome = outcome
  write(job, { state = 'settled', wait = '', outcome = outcome, token = '', lease = '', settled = int(NOW),
    data = cjson.encode(data) })
  -- Parts are many, and nobody reads of a settled one what it was to do.
  if not absent(job.parent) then
    write(job, { payload = '', limits = '', notes = '' })
  end
  emit(number, job, by, data)
  redis.call('ZADD', key('settled', job.service), int(NOW), job.id)
  child_ended(job)
end

-- Whether the parent of a part still waits for it; `known` keeps what was found, as one call asks for many.
local function counts(job, known)
  if absent(job.parent) then
    return true
  end
  if known[job.parent] == nil then
    local state, generation = unpack(redis.call('HMGET', key('job', job.parent), 'state', 'own_generation'))
    known[job.parent] = state and state ~= 'settled' and (generation or DEFAULTS.__index.own_generation) or ''
  end
  return known[job.parent] == job.generation
end

-- Keeps that an action is cancelled, before it is.
local function note_cancelled(id)
  if is_action(id) then
    redis.call('SET', key('cancelled', id), '1', 'PX', CANCELLED_KEPT)
  end
end

-- Cancels: at once before the point of no return, by a mark after it, which the next look decides on. Whose every write
-- needs its lease loses it; any other worker finds the mark.
local function give_up(job, by, data)
  local is_free = job.state ~= 'claimed' or LEASED[job.kind]
  if is_free and tonumber(job.begun) == 0 then
    settle(job, 'cancelled', N.job_cancelled, by, data)
    return 'cancelled'
  end
  begins_no_more(job.id, NOW)
  -- A job that is held although it was cancelled is looked at again.
  if job.cancel ~= '1' or job.state == 'held' then
    write(job, { cancel = '1', marked_looks = '0' })
    if job.state ~= 'claimed' then
      go_on(job)
    end
    emit(N.cancel_marked, job, by, {})
  end
  return 'marked'
end

-- Ends a job that was cancelled and has not begun; whether it did.
local function gave_up(job, by)
  if job.cancel ~= '1' or tonumber(job.begun) ~= 0 then
    return false
  end
  settle(job, 'cancelled', N.job_cancelled, by, {})
  return true
end

-- Ends what nobody waits for any more: a job that was cancelled and has not begun, a part whose parent has ended or has
-- begun its list anew. Whether it did; not while a worker has it.
local function is_over(job, by)
  if job.state == 'claimed' and tonumber(job.lease) > NOW then
    return false
  end
  if gave_up(job, by) then
    return true
  end
  if tonumber(job.begun) ~= 0 or counts(job, {}) then
    return false
  end
  settle(job, 'cancelled', N.job_cancelled, by, { reason = R.no_longer_counted })
  return true
end

-- How often a job that has begun and was cancelled is looked at in place of being held, before a person is asked.
local MOST_MARKED_LOOKS = 5

-- Takes the way around a person, where there is one. A cancelled job ends, or is looked at again, as its worker may not
-- have seen the mark. A part fails, and its parent counts it as unread: a person is asked about the whole, not about each.
-- Whether there was such a way.
local function needs_nobody(job, reason, by, data)
  if gave_up(job, by) then
    return true
  end
  if not absent(job.parent) then
    data.reason = reason
    settle(job, 'failed', N.job_failed, by, data)
    return true
  end
  if job.cancel ~= '1' or CANCELLATIONS[reason] then
    return false
  end
  if redis.call('HINCRBY', key('job', job.id), 'marked_looks', 1) > MOST_MARKED_LOOKS then
    return false
  end
  data.reason = reason
  write(job, { state = 'waiting', wait = 'time', look = '1', reason = reason, token = '', lease = '', failures = '0',
    data = cjson.encode(data) })
  set_due(job, NOW)
  emit(N.job_waiting, job, by, data)
  return true
end

local function held(job, reason, subject, data)
  not_due(job)
  not_ahead(job)
  await_no_trouble(job)
  give_credit_back(job)
  if job.cancel == '1' and not CANCELLATIONS[reason] then
    data.cause = reason
    reason = R.cancel_wanted
  end
  data.reason = reason
  data.subject = not absent(subject) and subject or nil
  write(job, { state = 'held', wait = '', reason = reason, subject = subject, token = '', lease = '',
    failures = '0', data = cjson.encode(data) })
  may_expire(job)
  -- What a brake holds was about to begin, and a look would begin it.
  if (IN_EXCHANGE[job.kind] or {})[job.phase] and not BRAKES[reason] then
    redis.call('ZADD', key('looks', job.connector), int(NOW + LOOK_EVERY), job.id)
  end
end

-- Has a job wait for a person, if one is needed. Where it went: `held`, or another state or outcome.
local function hold(job, reason, by, data)
  if needs_nobody(job, reason, by, data) then
    return job.state == 'settled' and job.outcome or job.state
  end
  held(job, reason, BRAKES[reason] and job.asked or '', data)
  emit(N.job_held, job, by, data)
  return job.state
end
