-- uses lease_holder, news_of_looks, written
-- defer: hand the job back until later. The worker lives, so the count of crashes starts anew. Of those that wait for the
-- same trouble to end, the first in line come when it may be tried again; the others later, should nobody wake them.
local job, refused = mover('defer')
if refused then
  return refused
end
local failures = P.failed and tonumber(job.failures or '0') + 1 or 0
write(job, { state = 'waiting', wait = 'time', look = '1', token = '', lease = '', crashes = '0',
  reason = P.reason, failures = int(failures) })
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
keep_pre_image(job.id)
not_ahead(job)
local delay = P.delay
if P.awaits ~= job.awaits then
  await_no_trouble(job)
end
if not absent(P.awaits) then
  local trouble = trouble_in(redis.call('HGET', key('troubles', job.connector), P.awaits))
  if trouble and not trouble.over then
    local awaiting = key('awaiting', job.connector, P.awaits)
    write(job, { awaits = P.awaits })
    redis.call('ZADD', awaiting, job.created, job.id)
    if redis.call('ZRANK', awaiting, job.id) >= P.first_in_line then
      delay = delay + P.others_later
    end
  else
    delay = 0
  end
end
if job.cancel == '1' then
  delay = math.min(delay, P.cancel_within)
end
set_due(job, NOW + delay)
if not absent(P.reason) then
  P.data.reason = P.reason
end
if failures > 0 then
  P.data.failures = failures
end
looked(job, P.data)
write(job, { data = cjson.encode(P.data) })
P.data.due = NOW + delay
if is_news(job, P.failed) then
  emit(P.number, job, P.worker, P.data)
end
return {}
