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
