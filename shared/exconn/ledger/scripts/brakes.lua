-- The brakes: which one says no to a job, and the token that it takes. `insert` asks for what has just come, and counts
-- what is ahead of it as if it had begun; `claim` asks before a worker opens a session for it, and `begin` decides, both
-- by what has begun alone.

-- An action is ahead from its insert until it begins, is put off, held or ended; no longer than this, as what takes longer
-- is not about to begin.
local MOST_AHEAD = 900000

local function get_ahead(job)
  local checks = CHECKS[job.checks]
  if checks.quota then
    redis.call('ZADD', key('quota_ahead', organization_of(job), job.requester), int(NOW), job.id)
  end
  if checks.breaker then
    redis.call('ZADD', key('brake_ahead', organization_of(job), job.checks), int(NOW), job.id)
  end
end

-- Limits come as JSON with each job, and differ little.
local limits_read, limits_known = {}, 0

local function limits_of(text)
  if #text > LONGEST_KEPT then
    return cjson.decode(text)
  end
  if not limits_read[text] then
    if limits_known == 100 then
      limits_read, limits_known = {}, 0
    end
    limits_read[text], limits_known = cjson.decode(text), limits_known + 1
  end
  return limits_read[text]
end

-- Whether `used` places leave one in every window, of at most `most`.
local function leaves_one(used, windows, most)
  for _, window in ipairs(windows) do
    if used >= math.min(window[1], most) then
      return false
    end
  end
  return true
end

-- Whether a window has no place left beside its tokens and those that are ahead.
local function is_full(tokens, ahead, windows, most)
  local used = 0
  if ahead then
    redis.call('ZREMRANGEBYSCORE', ahead, '-inf', int(NOW - MOST_AHEAD))
    used = redis.call('ZCARD', ahead)
  end
  for _, window in ipairs(windows) do
    local begun = redis.call('ZCOUNT', tokens, '(' .. int(NOW - window[2]), '+inf')
    if begun + used >= math.min(window[1], most) then
      return true
    end
  end
  return false
end

-- How many places are used at most: tokens stay for longer than any window.
local function most_used(tokens, ahead)
  return redis.call('ZCARD', tokens) + (ahead and redis.call('ZCARD', ahead) or 0)
end

-- The fleet cuts a window of the breaker down, but never below the floor. Discovery counts it, and intake believes it.
local function most_of_fleet(job, limits)
  local fleet = count_in(redis.call('GET', key('fleet', job.connector)))
  local believed = string.match(redis.call('HGET', key('revisions', job.connector), 'fleet') or '', '^%d+')
  fleet = math.min(fleet, tonumber(believed) or fleet)
  return math.max(limits.floor, math.floor(fleet * limits.share))
end

-- How many actions its requester may have open, which is more than the quota lets through.
local function most_open(job)
  local most = 0
  for _, window in ipairs(limits_of(job.limits).quota) do
    most = math.max(most, window[1])
  end
  return math.max(LEAST_OPEN, OPEN_PER_QUOTA * most)
end

-- The brake that has no place for a job, and whose limit it is; nil when none says no. One that has its token has a place.
-- The limits are the job's own, or others that are given. Of one that is new it is known how many actions its requester
-- has open: no more are ahead.
local function full_brake(job, has_open, given)
  local is_new = has_open ~= nil
  local checks, organization, limits = CHECKS[job.checks], organization_of(job), limits_of(given or job.limits)
  if checks.quota then
    local tokens = key('quota', organization, job.requester)
    local ahead = is_new and key('quota_ahead', organization, job.requester)
    if not leaves_one(most_used(tokens) + (has_open or 0), limits.quota, math.huge)
      and (is_new or not redis.call('ZSCORE', tokens, job.id)) and is_full(tokens, ahead, limits.quota, math.huge) then
      return R.quota, 'requester'
    end
  end
  if checks.breaker then
    local tokens = key('brake', organization, job.checks)
    local ahead = is_new and key('brake_ahead', organization, job.checks)
    if not leaves_one(most_used(tokens, ahead), limits.breaker, limits.floor)
      and (is_new or not redis.call('ZSCORE', tokens, job.id))
      and is_full(tokens, ahead, limits.breaker, most_of_fleet(job, limits)) then
      return R.breaker, job.checks
    end
  end
  return nil
end

-- It waits until somebody resumes.
local function await_resume(job, by)
  not_due(job)
  not_ahead(job)
  await_no_trouble(job)
  write(job, { state = 'waiting', wait = 'switch', look = '', reason = R.kill_switch, token = '', lease = '',
    crashes = '0' })
  redis.call('ZADD', key('paused', job.service, job.connector), job.created, job.id)
  may_expire(job)
  emit(N.job_paused, job, by, { reason = R.kill_switch })
end

-- Pauses or holds a job that may not begin now: what became of it, and why; nil when no brake stops it. Its own limits
-- hold, and others that are given.
local function stopped_by_brakes(job, by, given)
  if CHECKS[job.checks].switch and redis.call('GET', key('switch', job.connector)) ~= 'running' then
    await_resume(job, by)
    return 'paused', R.kill_switch
  end
  if not absent(job.grant) then
    return nil
  end
  local reason, limit = full_brake(job)
  if not reason and not absent(given) and given ~= job.limits then
    reason, limit = full_brake(job, nil, given)
  end
  if reason then
    return hold(job, reason, by, { limit = limit }), reason
  end
  return nil
end

-- A job takes one token, when it begins first.
local function take_token(tokens, id)
  redis.call('ZREMRANGEBYSCORE', tokens, '-inf', int(NOW - TOKENS_KEPT))
  redis.call('ZADD', tokens, 'NX', int(NOW), id)
end

-- So long after an action of his was taken in, a requester is one of those who do not resume for others: until its end it
-- counts anyway, and a thief could have had it end, or have sent it, before he resumes.
local ASKED_LATELY = 86400000
