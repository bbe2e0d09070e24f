-- renew: keep the lease; nothing else. No message: nothing happened.
local job, refused = owned('renew')
if refused then
  return refused
end
if tonumber(job.lease) <= NOW then
  return answer({ error = 'lost', state = 'expired' })
end
write(job, { lease = int(NOW + P.lease) })
set_due(job, NOW + P.lease)
return answer({ ok = true })
