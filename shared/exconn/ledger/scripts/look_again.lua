-- look_again: a held job becomes due for one look. No message: nothing happened yet.
local job = read(P.job)
if not job or not legal('look_again', job) then
  return answer({ ok = false })
end
enqueue(job)
write(job, { look = '1' })
return answer({ ok = true })
