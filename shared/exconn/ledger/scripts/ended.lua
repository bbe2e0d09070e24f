-- What begins no more, whatever becomes of its hash: who may write that cannot take this back. Kept by the period of the
-- ledger's clock in which it ended, each of which is as long as any request is valid.
local function ended_in(now, periods_before)
  return string.format(K.ended, string.format('%d', math.floor(now / ISSUED_KEPT) - periods_before))
end

-- Whether a job is an action, by its id alone: its hash may say anything.
local function is_action(id)
  return ACTIONS[string.match(id, '^(.+)%-') or ''] == true
end

local function begins_no_more(id, now)
  if is_action(id) then
    redis.call('SADD', ended_in(now, 0), id)
  end
end

-- What ended before the last two periods is known by the date of its request alone. The next one has what ended before this
-- server started anew with an earlier time.
local function has_ended(id, now)
  if not is_action(id) then
    return false
  end
  redis.call('DEL', ended_in(now, 2))
  for before = -1, 1 do
    if redis.call('SISMEMBER', ended_in(now, before), id) == 1 then
      return true
    end
  end
  return false
end
