-- uses lease_holder
-- restart_list: a new generation of parts; older ones do not count, and end when they are due or claimed next.
local job, refused = owned('restart_list')
if refused then
  return refused
end
local generation = redis.call('HINCRBY', key('job', job.id), 'own_generation', 1)
write(job, { pending = '0', sealed = '0', unread = '0' })
if generation > 1 then
  emit(N.list_restarted, job, P.worker, { generation = generation })
end
return answer({ ok = true, generation = generation })
