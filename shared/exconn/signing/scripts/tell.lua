-- Append a status message of the whole deployment, with the next number of the audit sequence.
local function tell(sequence, status, number, by, data)
  local seq = redis.call('INCR', sequence)
  local now = redis.call('TIME')
  local at = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
  redis.call('XADD', status, '*', 'v', '1', 'seq', seq, 'n', number, 'connector', '', 'at', at, 'by', by, 'job', '',
    'kind', '', 'state', '', 'phase', '', 'epoch', '0', 'data', data)
end
