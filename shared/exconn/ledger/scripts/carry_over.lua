-- carry_over: a reason that an earlier version wrote as a text becomes a code. Nothing is done when the job has moved on
-- since it was read. A held job says its reason again, so that whoever shows it learns the code; one that was held for
-- what is no reason to hold any more goes on.
local job = read(P.job)
if not job or job.state == 'settled' or job.state == 'claimed' or job.epoch ~= int(P.epoch)
  or job.reason ~= P.reason_before then
  return answer({ ok = false })
end
if next(P.fields) then
  write(job, P.fields)
end
if P.goes_on and job.state == 'held' then
  local held_for = job.reason
  write(job, { reason = '', subject = '', crashes = '0', failures = '0' })
  if job.credit == '1' then
    park(job)
  else
    enqueue(job)
  end
  emit(N.job_released, job, P.by, { carried_over = true, held_for = held_for })
elseif job.state == 'held' then
  emit(N.job_held, job, P.by, absent(job.data) and { reason = job.reason } or cjson.decode(job.data))
end
return answer({ ok = true })
