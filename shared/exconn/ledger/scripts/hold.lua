-- uses lease_holder, news_of_looks
-- hold: wait for a person, with the reason, if one is needed. The worker lives, so the count of crashes starts anew. A
-- look at a held job that finds it as it was says nothing; one that a release would be for something else now is said,
-- as a person releases what was shown. Of the releases that stand with the job, those stay that its worker has verified.
local job, refused = mover('hold')
if refused then
  return refused
end
write(job, { crashes = '0' })
if not absent(P.phase) then
  write(job, { phase = P.phase })
end
looked(job, P.data)
if not absent(P.release_part) then
  write(job, { releases = P.releases })
  tell(N.grant_not_signed, job, P.worker, { part = P.release_part })
end
if needs_nobody(job, P.reason, P.worker, P.data) then
  return {}
end
local is_another = P.subject ~= (job.subject or '')
held(job, P.reason, P.subject, P.data)
if is_news(job, false) or is_another then
  emit(P.number, job, P.worker, P.data)
end
return {}
