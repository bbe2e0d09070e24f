-- beat: a round of a coordinator. A server that heard of none for longer than they promise was out of reach, of them and
-- of workers: it remembers when it came back. Rounds that are merely slow do not make it come back again and again.
redis.call('HSET', K.heartbeats, P.field, int(NOW))
local at, within, back = unpack(redis.call('HMGET', K.rounds, 'at', 'within', 'back'))
redis.call('HSET', K.rounds, 'at', int(NOW), 'within', int(P.within))
local silent, quiet = at and NOW - tonumber(at) or 0, 3 * tonumber(within or 0)
if at and silent > tonumber(within) and (silent > quiet or tonumber(at) - tonumber(back or 0) > quiet) then
  redis.call('HSET', K.rounds, 'back', int(NOW))
end
return answer({ ok = true })
