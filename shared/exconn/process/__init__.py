"""What every process does beside its work: start or refuse to, say where it listens, serve HTTP, tell that it lives."""
