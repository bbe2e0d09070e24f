-- A look without news is counted and says nothing. News is: another state or phase; a reason that was not said yet in
-- it; and what comes again and again (a failure in a row, or a change back to a reason known before) when its count
-- doubles. So however long a job is followed, its messages grow with the logarithm of the looks. The two are counted
-- apart: failures of a long outage must not silence its end.
local function is_power_of_two(count)
  while count > 1 and count % 2 == 0 do
    count = count / 2
  end
  return count == 1
end

local function is_news(job, failed)
  local said, place = job.said or '', job.state .. ' ' .. job.phase .. ' '
  if string.sub(said, 1, #place) ~= place then
    write(job, { told = job.reason, repeats = '0' })
    return true
  end
  if not string.find(' ' .. (job.told or '') .. ' ', ' ' .. job.reason .. ' ', 1, true) then
    write(job, { told = (job.told or '') .. ' ' .. job.reason })
    return true
  end
  if said ~= standing(job) then
    return is_power_of_two(redis.call('HINCRBY', key('job', job.id), 'repeats', 1))
  end
  local failures = tonumber(job.failures or '0')
  return failed and failures > 1 and is_power_of_two(failures)
end

-- One more look has come to its end: how many there were, and when the last one was.
local function looked(job, data)
  data.looks = redis.call('HINCRBY', key('job', job.id), 'looks', 1)
  write(job, { looked = int(NOW) })
end
