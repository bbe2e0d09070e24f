-- What every fold shares: may this page be folded, which facts changed, and the record that carries them.
-- The sizes of the layout are rendered in front of this text. All of it is made once, when the library is loaded; `P`,
-- `NOW` and `known`, the words that were met, are set at each call. Nothing is written before `refusal` has answered.
local P, NOW, known

-- Why a page is not folded, or nil. The job and its parent are read in the call that writes.
local function refusal()
  if P.type ~= 'acknowledged' then
    refuse_ended(P.facts_key)
  end
  local job = redis.call('HMGET', JOB .. P.job, 'state', 'token', 'epoch', 'own_generation', 'generation', 'cancel',
    'parent')
  if job[1] ~= 'claimed' or job[2] ~= P.token or job[3] ~= P.epoch then
    return 'lost'
  end
  -- That a device acknowledged is so, whatever was wanted of the wipe.
  if job[6] == '1' and P.type ~= 'acknowledged' then
    return 'cancelled'
  end
  if P.generation and job[4] ~= P.generation then
    return 'generation'
  end
  if job[7] and job[7] ~= '' then
    local parent = redis.call('HMGET', JOB .. job[7], 'state', 'own_generation', 'cancel')
    if not parent[1] or parent[1] == 'settled' or parent[3] == '1' then
      return 'parent'
    end
    if parent[2] ~= job[5] then
      return 'generation'
    end
  end
  return nil
end

-- The number of a word, given at its first use; 0 when there are too many words already.
local function number_of(family, word, most)
  local name = family .. ':' .. word
  if known[name] then
    return known[name]
  end
  local number = tonumber(redis.call('HGET', P.words_key, name) or '0')
  if number == 0 and tonumber(redis.call('HGET', P.words_key, family .. '#') or '0') < most then
    number = redis.call('HINCRBY', P.words_key, family .. '#', 1)
    redis.call('HSET', P.words_key, name, number, family .. '=' .. number, word)
  end
  known[name] = number
  return number
end

-- The record with the changed facts of a page, in the order in which they came.
local function emit(facts)
  if #facts == 0 then
    return
  end
  local t = redis.call('TIME')
  local at = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
  redis.call('XADD', P.facts_key, '*', 'v', P.format, 'type', P.type, 'connector', P.connector,
    'sweep', P.sweep, 'job', P.job, 'at', at, 'page', '[' .. table.concat(facts, ',') .. ']')
end

-- Why a page of facts must wait, or nil.
local function pressure()
  local length = redis.call('XLEN', P.facts_key)
  if length >= P.high_water then
    return length
  end
  return nil
end

local function answer(t)
  return cjson.encode(t)
end

local function enter(_, arguments)
  P = cjson.decode(arguments[1])
  known = {}
  NOW = tonumber(redis.call('TIME')[1])
  local why = refusal()
  return why and answer({ refused = why })
end
