-- uses lease_holder
-- await_children: seal the list; the parent becomes due at zero, and not before it is sealed.
local job, refused = mover('await_children')
if refused then
  return refused
end
if gave_up(job, P.worker) then
  return {}
end
write(job, { state = 'waiting', wait = 'children', sealed = '1', token = '', lease = '', crashes = '0', failures = '0',
  reason = '' })
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
not_due(job)
await_no_trouble(job)
emit(N.partitions_sealed, job, P.worker, { children = tonumber(job.pending) })
if tonumber(job.pending) <= 0 then
  write(job, { wait = 'time' })
  set_due(job, NOW)
end
return {}
