-- defer: hand the job back until later. The worker lives, so the count of crashes starts anew.
local job, refused = owned('defer')
if refused then
  return refused
end
write(job, { state = 'waiting', wait = 'time', token = '', lease = '', crashes = '0', reason = P.reason or '' })
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
local delay = P.delay
if job.cancel == '1' then
  delay = math.min(delay, P.cancel_within)
end
set_due(job, NOW + delay)
P.data.reason = P.reason
P.data.due = NOW + delay
emit(P.number, job, P.worker, P.data)
return answer({ ok = true })
