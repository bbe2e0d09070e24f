-- How the parameters of a call lie in its arguments: names of texts, of numbers, and of others, by the text that names
-- them. Each caller comes with few such texts.
local layouts, layouts_known = {}, 0
-- A longer text is read anew each time, so that nobody fills the server's memory with what it was told once.
local LONGEST_KEPT = 2000

local function words(text)
  local found = {}
  for word in string.gmatch(text, '%S+') do
    found[#found + 1] = word
  end
  return found
end

local function layout_of(names)
  local found = layouts[names]
  if found then
    return found
  end
  local texts, numbers, others = string.match(names, '^([^;]*);([^;]*);([^;]*)$')
  found = { texts = words(texts), numbers = words(numbers), others = words(others) }
  if #names <= LONGEST_KEPT then
    if layouts_known == 1000 then
      layouts, layouts_known = {}, 0
    end
    layouts[names], layouts_known = found, layouts_known + 1
  end
  return found
end

-- Parameters by name: the first argument names them, and the rest is their values: texts, numbers, and others as JSON,
-- each in a list of one. `data` of a message is made anew by whoever says none.
local function parameters(arguments)
  local found, layout, at = { data = {} }, layout_of(arguments[1]), 1
  for i, name in ipairs(layout.texts) do
    found[name] = arguments[at + i]
  end
  at = at + #layout.texts
  for i, name in ipairs(layout.numbers) do
    found[name] = tonumber(arguments[at + i])
  end
  at = at + #layout.numbers
  for i, name in ipairs(layout.others) do
    found[name] = cjson.decode(arguments[at + i])[1]
  end
  return found
end

-- The first texts among the parameters, names and values in turn.
local function first_texts(arguments, count)
  local names, found = layout_of(arguments[1]).texts, {}
  for i = 1, count do
    found[2 * i - 1], found[2 * i] = names[i], arguments[1 + i]
  end
  return found
end
