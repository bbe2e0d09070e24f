-- release: named jobs that a person let go on. A grant passes quota and breaker once per action, if its worker finds
-- that it is a release which somebody signed; it is kept as it came.
local released = {}
for _, id in ipairs(P.jobs) do
  local job = read(id)
  if job and job.connector == P.connector and legal('release', job) then
    local held_for = job.reason
    write(job, { released_reason = held_for, released_subject = job.subject or '', reason = '', subject = '',
      crashes = '0', failures = '0' })
    if BRAKES[held_for] and job.grant_used ~= '1' then
      write(job, { grant = absent(P.grant) and P.release or P.grant })
    end
    go_on(job)
    emit(N.job_released, job, P.by, { release = P.release, held_for = held_for })
    released[#released + 1] = id
  end
end
return answer({ released = released, count = #released })
