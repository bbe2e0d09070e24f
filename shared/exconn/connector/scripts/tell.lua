-- Append a status message with the next number of the audit sequence; its id.
local function tell(sequence, status, number, connector, by, job, data)
  local seq = redis.call('INCR', sequence)
  local now = redis.call('TIME')
  local at = now[1] * 1000 + math.floor(now[2] / 1000)
  return redis.call('XADD', status, '*', 'v', '1', 'seq', seq, 'n', number, 'connector', connector,
    'at', string.format('%.0f', at), 'by', by, 'job', job, 'kind', '', 'state', '', 'phase', '',
    'epoch', '0', 'data', data)
end
