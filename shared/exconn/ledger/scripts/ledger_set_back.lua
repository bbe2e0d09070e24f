-- ledger_set_back: does this record lack what others remember of it? Then every kill switch is turned on, and the numbers
-- go on behind what they remember, so that none is given twice. Switches are removed, which is the same as paused: who may
-- do that alone can not resume. What is compared is the very record, not times and not numbers alone: a server that was
-- set back has soon given the same numbers to other records.
local marked = {}
do
  local flat = redis.call('HGETALL', K.marked)
  for i = 1, #flat, 2 do
    marked[flat[i]] = flat[i + 1]
  end
end

local function digest_of(found)
  return redis.sha1hex(table.concat(found[2], '\0'))
end

local function number_of(found)
  for i = 1, #found[2], 2 do
    if found[2][i] == 'seq' then
      return tonumber(found[2][i + 1]) or 0
    end
  end
  return 0
end

local function is_before(one, other)
  local ms, number = string.match(one, '^(%d+)%-(%d+)$')
  local other_ms, other_number = string.match(other, '^(%d+)%-(%d+)$')
  ms, other_ms = tonumber(ms), tonumber(other_ms)
  return ms < other_ms or (ms == other_ms and tonumber(number) < tonumber(other_number))
end

-- Whether the marked record was here and is not. One that was trimmed is no loss: that happens to records before the
-- one that this server itself remembers as marked.
local function is_lost(id, digest, number)
  if id == '' or id == marked.lost then
    return false
  end
  local found = redis.call('XRANGE', K.status, id, id)[1]
  if found then
    return digest_of(found) ~= digest
  end
  local first = redis.call('XRANGE', K.status, '-', '+', 'COUNT', 1)[1]
  return not first or is_before(first[1], id) or number > (tonumber(marked.number) or 0)
end

local record = tonumber(redis.call('GET', K.sequence) or '0')
local missing = redis.call('GET', K.missing)
-- Nobody's backup is so old: a forged number must not use up those that are left.
local function believed(number)
  number = tonumber(number) or 0
  return number - record <= P.most_lost and number or 0
end
if believed(P.known_number) == 0 then
  P.known_number, P.known_id = 0, ''
end
local known = math.max(P.known_number, believed(redis.call('GET', K.confirmed_sequence)))
local reported = missing and believed(string.match(missing, '^(%d+) ')) or 0
if missing then
  redis.call('DEL', K.missing)
  if reported <= (tonumber(marked.lost_number) or 0) then
    missing = false
  end
end
local lost = is_lost(P.known_id, P.known_digest, P.known_number)
local taken_over = P.was_replica and not absent(marked.run) and marked.run ~= P.run
local set_back = known > record or lost or missing
known = math.max(known, reported)

if known > record then
  redis.call('INCRBY', K.sequence, int(known - record))
end
if set_back then
  local number = known > record and N.ledger_set_back or N.ledger_records_lost
  emit(number, {}, P.by, { record = record, known = lost and P.known_number or known })
end
if taken_over then
  emit(N.ledger_taken_over, {}, P.by, { confirmed = P.confirmed })
end
local paused = set_back or (taken_over and not P.confirmed)
if paused then
  for _, name in ipairs(P.connectors) do
    redis.call('DEL', key('switch', name))
    emit(N.brake_paused, { connector = name }, P.by, { set_back = true })
  end
  marked.lost, marked.lost_number = P.known_id, int(math.max(known, P.known_number))
end

local newest = redis.call('XREVRANGE', K.status, '+', '-', 'COUNT', 1)[1]
local after = { number = newest and int(number_of(newest)) or int(math.max(record, known)), id = newest and newest[1] or '',
  digest = newest and digest_of(newest) or '', run = P.run, lost = marked.lost or '',
  lost_number = marked.lost_number or '0' }
local changes = {}
for name, value in pairs(after) do
  if marked[name] ~= value then
    changes[#changes + 1] = name
    changes[#changes + 1] = value
  end
end
if #changes > 0 then
  redis.call('HSET', K.marked, unpack(changes))
end
return answer({ set_back = set_back and true or false, taken_over = taken_over and true or false,
  paused = paused and true or false, record = math.max(record, known), number = tonumber(after.number), id = after.id,
  digest = after.digest })
