-- acknowledge: a person needs a finding no more; kept where intake alone may write, and told, as anybody may tell it.
redis.call('SET', key('acknowledged', P.problem, P.finding), '1', 'PX', ACKNOWLEDGED_KEPT)
return answer({ id = tell(N.problem_acknowledged, {}, P.by, { problem = P.problem, finding = P.finding,
  because = P.because }) })
