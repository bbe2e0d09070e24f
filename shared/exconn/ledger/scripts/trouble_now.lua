-- uses written
-- trouble_now: somebody corrected something. What is in trouble is tried at once: its next try is due, and so are the
-- oldest of the jobs that wait for it.
local all = key('troubles', P.connector)
local found = redis.call('HGET', all, P.trouble)
local trouble = trouble_in(found)
if not trouble or trouble.over then
  return answer({ ok = false })
end
trouble.next = int(NOW)
redis.call('HSET', all, P.trouble, cjson.encode(trouble))
call_in_line(P.connector, P.trouble, P.first_in_line)
return answer({ ok = true })
