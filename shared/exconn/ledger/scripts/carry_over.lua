-- carry_over: a reason that an earlier version wrote as a text becomes a code. Nothing is done when the job has moved on
-- since it was read, or a living worker has it. A held job says its reason again, so that whoever shows it learns the code.
local job = read(P.job)
local is_in_hand = job and job.state == 'claimed' and tonumber(job.lease) > NOW
if not job or job.state == 'settled' or is_in_hand or job.epoch ~= int(P.epoch)
  or job.reason ~= P.reason_before then
  return answer({ ok = false })
end
write(job, P.fields)
if job.state == 'held' then
  emit(N.job_held, job, P.by, absent(job.data) and { reason = job.reason } or cjson.decode(job.data))
end
return answer({ ok = true })
