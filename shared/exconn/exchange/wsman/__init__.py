"""WS-Management over HTTP: connections, TLS, signing in, encrypted messages, and what a response says."""
