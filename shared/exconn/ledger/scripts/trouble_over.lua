-- uses written
-- trouble_over: it works again, or nobody uses it any more: told once, and the jobs that waited for it are due, oldest
-- first, some at a time. The record stays until the last one is due, so that somebody else can go on.
local all, awaiting = key('troubles', P.connector), key('awaiting', P.connector, P.trouble)
local found = redis.call('HGET', all, P.trouble)
local trouble = trouble_in(found)
if trouble and not trouble.over then
  trouble.over = true
  redis.call('HSET', all, P.trouble, cjson.encode(trouble))
  emit(P.number, { connector = P.connector }, P.by, { account = trouble.account, subject = P.subject,
    failures = trouble.failures, since = tonumber(trouble.since), reason = trouble.code, cmdlet = trouble.cmdlet,
    parameter = trouble.parameter, said = trouble.said })
end
for place, id in ipairs(redis.call('ZRANGE', awaiting, 0, P.limit - 1)) do
  redis.call('ZREM', awaiting, id)
  local job = read(id)
  if job and job.state == 'waiting' and job.wait == 'time' and job.awaits == P.trouble then
    write(job, { awaits = '' })
    set_due(job, NOW + place - 1)
  end
end
local left = redis.call('ZCARD', awaiting)
if found and left == 0 then
  redis.call('HDEL', all, P.trouble)
end
return answer({ left = left })
