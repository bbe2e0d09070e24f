-- announce: a message that belongs to no job.
return answer({ id = emit(P.number, { connector = P.connector }, P.by, P.data) })
