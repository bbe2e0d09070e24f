-- clock: keeps the ledger's clock from running back when the server's is set back, and says a step of the server's that
-- a coordinator has seen, once over all coordinators.
local t = redis.call('TIME')
local server = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local told_at, told = unpack(redis.call('HMGET', K.clock, 'told_at', 'told'))
-- NOW is not before the `least` of the look before: what is missing to it is how far the server's clock is behind.
redis.call('HSET', K.clock, 'ahead', int(NOW - server), 'least', int(NOW))
local step = tonumber(P.step)
local is_news = NOW - (tonumber(told_at) or 0) > P.told_once_within or math.abs(step - (tonumber(told) or 0)) > P.same_within
if step ~= 0 and is_news then
  redis.call('HSET', K.clock, 'told_at', int(NOW), 'told', int(step))
  emit(N.clock_stepped, {}, P.by, { direction = step < 0 and 'back' or 'forward', seconds = math.floor(math.abs(step) / 1000 + 0.5) })
end
return answer({ server = server, now = NOW })
