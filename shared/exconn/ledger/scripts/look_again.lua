-- look_again: a held job becomes due for one look, in its turn if it needs credit. No message: nothing happened yet.
-- Not one that a brake holds: it was about to begin, and a look would begin it once there is room, without a release.
local job = read(P.job)
if not job or not legal('look_again', job) or BRAKES[job.reason] then
  return answer({ ok = false })
end
go_on(job)
write(job, { look = '1' })
return answer({ ok = true })
