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
local moved, left = 0, 0
for _, service in ipairs(SERVICES) do
  local paused = key('paused', service, P.connector)
  local some = moved < P.limit and redis.call('ZRANGE', paused, 0, P.limit - moved - 1) or {}
  for _, id in ipairs(some) do
    redis.call('ZREM', paused, id)
    moved = moved + 1
    local job = read(id)
    if job and job.state == 'waiting' and job.wait == 'switch' then
      write(job, { wait = 'time', reason = '' })
      due = due + 1
      set_due(job, due)
    end
  end
  left = left + redis.call('ZCARD', paused)
end
return answer({ ok = true, left = left, after = due })
