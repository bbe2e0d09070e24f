-- set_back: is this record shorter than others remember it? Then every kill switch is turned on, and the numbers go on
-- behind what they remember, so that none is given twice. Switches are removed, which is the same as paused: who may do
-- that alone can not resume.
local record = tonumber(redis.call('GET', K.sequence) or '0')
local known = math.max(P.known, tonumber(redis.call('GET', K.confirmed_sequence) or '0') or 0)
-- Nobody's backup is so old: a forged number must not use up those that are left.
if known <= record or known - record > P.most_lost then
  return answer({ set_back = false, record = record })
end
redis.call('INCRBY', K.sequence, int(known - record))
emit(N.ledger_set_back, {}, P.by, { record = record, known = known })
for _, name in ipairs(P.connectors) do
  redis.call('DEL', key('switch', name))
  emit(N.brake_paused, { connector = name }, P.by, { set_back = true })
end
return answer({ set_back = true, record = known })
