"""Whether the exconn process beside this one can do its work: the health check of containers."""
