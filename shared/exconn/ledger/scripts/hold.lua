-- hold: wait for a person, with the reason.
local job, refused = owned('hold')
if refused then
  return refused
end
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
hold(job, P.reason, P.worker, P.data)
return answer({ ok = true })
