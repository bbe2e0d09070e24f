-- refused: a request that was not admitted is counted. One whose signature was not good is kept among the newest, too;
-- when there are many within a window, that is said once.
redis.call('HINCRBY', K.refused_counts, P.fault, 1)
if absent(P.record) then
  return answer({ lately = 0 })
end
redis.call('LPUSH', K.refused, P.record)
redis.call('LTRIM', K.refused, 0, P.most - 1)
local lately = redis.call('HINCRBY', K.refused_lately, 'count', 1)
if lately == 1 then
  redis.call('HSET', K.refused_lately, 'since', int(NOW))
  redis.call('PEXPIRE', K.refused_lately, P.window)
end
if lately == P.many then
  tell(N.requests_refused, {}, P.by, { count = lately, minutes = math.floor(P.window / 60000) })
end
return answer({ lately = lately })
