-- release: named jobs that a person let go on. A grant passes quota and breaker once per action, if its worker finds
-- that it is a release which somebody signed; it is kept as it came. So is a release for another reason, beside those
-- before it: what they let pass has to be found again at each look.
local MOST_RELEASES = 8

local function with_release(job)
  local is_read, kept = pcall(cjson.decode, absent(job.releases) and '[]' or job.releases)
  if not is_read or type(kept) ~= 'table' then
    kept = {}
  end
  if #kept >= MOST_RELEASES then
    table.remove(kept, 1)
  end
  kept[#kept + 1] = P.grant
  return cjson.encode(kept)
end

local released = {}
for _, id in ipairs(P.jobs) do
  local job = read(id)
  if job and job.connector == P.connector and legal('release', job) then
    local held_for = job.reason
    write(job, { reason = '', subject = '', crashes = '0', failures = '0' })
    if not BRAKES[held_for] then
      if not absent(P.grant) then
        write(job, { releases = with_release(job) })
      end
    elseif job.grant_used ~= '1' then
      write(job, { grant = absent(P.grant) and P.release or P.grant })
    end
    go_on(job)
    emit(N.job_released, job, P.by, { release = P.release, held_for = held_for })
    released[#released + 1] = id
  end
end
return answer({ released = released, count = #released })
