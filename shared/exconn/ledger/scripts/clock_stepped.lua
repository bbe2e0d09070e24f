-- clock_stepped: says a step of a clock that a coordinator has seen, once over all coordinators.
local told_at, told = unpack(redis.call('HMGET', K.rounds, 'step_told_at', 'step_told'))
local step = tonumber(P.step)
local is_told = math.abs(NOW - (tonumber(told_at) or 0)) <= P.told_once_within
  and math.abs(step - (tonumber(told) or 0)) <= P.same_within
if not is_told then
  redis.call('HSET', K.rounds, 'step_told_at', int(NOW), 'step_told', int(step))
  emit(N.clock_stepped, {}, P.by, { direction = step < 0 and 'back' or 'forward', seconds = math.floor(math.abs(step) / 1000 + 0.5) })
end
return answer({ told = not is_told })
