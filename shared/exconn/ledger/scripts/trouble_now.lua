-- trouble_now: somebody corrected something. What is in trouble is tried at once: its next try is due, and so are the
-- oldest of the jobs that wait for it.
local all = key('troubles', P.connector)
local found = redis.call('HGET', all, P.trouble)
local trouble = found and cjson.decode(found)
if not trouble or trouble.over then
  return answer({ ok = false })
end
trouble.next = int(NOW)
redis.call('HSET', all, P.trouble, cjson.encode(trouble))
for _, id in ipairs(redis.call('ZRANGE', key('awaiting', P.connector, P.trouble), 0, P.first_in_line - 1)) do
  local job = read(id)
  if job and job.state == 'waiting' and job.wait == 'time' and job.awaits == P.trouble then
    set_due(job, NOW)
  end
end
return answer({ ok = true })
