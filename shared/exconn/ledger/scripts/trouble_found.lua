-- uses written
-- trouble_found: an account, a right of it, or the connection to Exchange does not work. It is told where it is new, or is
-- another trouble than before; in between it is counted. Those who tried at the same time count as one. `wait` says that
-- nothing was tried now, as tries are used up for that long.
local all = key('troubles', P.connector)
local found = redis.call('HGET', all, P.trouble)
local trouble = trouble_in(found)
if not trouble or trouble.over then
  trouble = { since = int(NOW), failures = 0, next = int(NOW), needs = '' }
end
local is_news = trouble.code ~= P.code
if is_news or P.wait <= 0 then
  trouble.said = P.said
end
trouble.code, trouble.role = P.code, P.role
trouble.account, trouble.cmdlet, trouble.parameter = P.account, P.cmdlet, P.parameter
if not absent(P.need) and not string.find(' ' .. trouble.needs .. ' ', ' ' .. P.need .. ' ', 1, true) then
  trouble.needs = trouble.needs .. ' ' .. P.need
end
if P.seen >= trouble.failures and P.wait > 0 then
  trouble.failures = math.max(trouble.failures, 1)
  trouble.next = int(NOW + P.wait)
elseif P.seen >= trouble.failures then
  local pause = math.min(P.first_pause * 2 ^ math.min(trouble.failures, 20), P.longest_pause)
  trouble.failures = trouble.failures + 1
  trouble.next = int(NOW + pause * P.spread)
end
redis.call('HSET', all, P.trouble, cjson.encode(trouble))
if is_news then
  emit(P.number, { connector = P.connector }, P.by, { account = P.account, role = P.role, reason = P.code,
    cmdlet = P.cmdlet, parameter = P.parameter, said = P.said })
end
return answer({ wait = math.max(0, tonumber(trouble.next) - NOW), failures = trouble.failures, news = is_news })
