-- What other services wrote, and read here: whoever has such a service's user writes what it likes.

-- What JSON says that another service wrote, which may be anything; nil where it is no table.
local function decoded(text)
  local is_read, found = pcall(cjson.decode, text or '')
  return is_read and type(found) == 'table' and found or nil
end

-- Milliseconds since 1970, or a count; nil of what is none.
local function whole(x)
  local number = tonumber(x)
  return number and number >= 0 and number < 1e15 and number or nil
end

-- A trouble as `trouble_found` keeps it, and nothing besides; nil of what is none.
local function trouble_in(text)
  local kept = decoded(text)
  if not kept then
    return nil
  end
  local trouble = { since = whole(kept.since), failures = whole(kept.failures), next = whole(kept.next) }
  if not (trouble.since and trouble.failures and trouble.next and type(kept.code) == 'string') then
    return nil
  end
  for _, name in ipairs({ 'code', 'account', 'cmdlet', 'parameter', 'said', 'role', 'needs' }) do
    trouble[name] = type(kept[name]) == 'string' and kept[name] or ''
  end
  trouble.since, trouble.next = int(trouble.since), int(trouble.next)
  trouble.over = kept.over == true or nil
  return trouble
end
