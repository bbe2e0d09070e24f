-- switch: the kill switch of a connector. Resume makes the stopped jobs due in their order, some at a time.
local nobody = { connector = P.connector }
local name = key('switch', P.connector)
if P.to == 'paused' then
  redis.call('SET', name, 'paused')
  emit(N.brake_paused, nobody, P.by, {})
  return answer({ ok = true, left = 0 })
end
if redis.call('GET', name) ~= 'running' then
  -- Somebody paused again while the stopped jobs were made due: that word is the newer one.
  if P.after > 0 then
    return answer({ ok = true, left = 0 })
  end
  redis.call('SET', name, 'running')
  emit(N.brake_resumed, nobody, P.by, {})
end
local due = math.max(NOW, P.after)
local paused = key('paused', P.connector)
for _, id in ipairs(redis.call('ZRANGE', paused, 0, P.limit - 1)) do
  redis.call('ZREM', paused, id)
  local job = read(id)
  if job and job.state == 'waiting' and job.wait == 'switch' then
    write(job, { wait = 'time', reason = '' })
    due = due + 1
    set_due(job, due)
  end
end
return answer({ ok = true, left = redis.call('ZCARD', paused), after = due })
