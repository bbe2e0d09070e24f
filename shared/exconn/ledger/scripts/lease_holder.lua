-- Some fields of a job, where the whole hash, with its payload, is not needed.
local function read_fields(id, ...)
  local found = redis.call('HMGET', key('job', id), ...)
  if not found[1] then
    return nil
  end
  local job = setmetatable({ id = id }, DEFAULTS)
  for i, name in ipairs({ ... }) do
    job[name] = found[i] or nil
  end
  return job
end

-- The holder of the lease, or why not. Every write of a worker passes here. Fields that are named are read alone.
local function owned(call, ...)
  local job
  if select('#', ...) == 0 then
    job = read(P.job)
  else
    job = read_fields(P.job, 'state', 'token', 'epoch', ...)
  end
  if not job then
    return nil, answer({ error = 'lost' })
  end
  if job.state ~= 'claimed' or job.token ~= P.token or job.epoch ~= int(P.epoch) then
    return nil, answer({ error = 'lost', state = job.state })
  end
  if not legal(call, job) then
    return nil, answer({ error = 'illegal', state = job.state })
  end
  return job, nil
end

-- Keeps what was before an action also where whoever else may write jobs cannot change it.
local function keep_pre_image(id)
  if not absent(P.pre_image) and is_action(id) then
    redis.call('SET', key('pre_image', id), P.pre_image, 'PX', CANCELLED_KEPT)
  end
end

-- The holder of the lease of a job that may go into the phase that is asked for, or why not.
local function mover(call)
  local job, refused = owned(call)
  if refused or absent(P.phase) or P.phase == job.phase then
    return job, refused
  end
  local life = LIFE[job.kind] or {}
  if not (life[job.phase] or {})[P.phase] then
    return nil, answer({ error = 'phase', state = job.state, phase = job.phase })
  end
  return job, nil
end
