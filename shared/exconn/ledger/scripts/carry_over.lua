-- carry_over: a reason that an earlier version wrote as a text becomes a code. Nothing is done when the job has moved on
-- since it was read. A held job says its reason again, so that whoever shows it learns the code.
local job = read(P.job)
if not job or job.state == 'settled' or job.state == 'claimed' or job.epoch ~= int(P.epoch)
  or job.reason ~= P.reason_before then
  return answer({ ok = false })
end
write(job, P.fields)
if job.state == 'held' then
  emit(N.job_held, job, P.by, absent(job.data) and { reason = job.reason } or cjson.decode(job.data))
end
return answer({ ok = true })
