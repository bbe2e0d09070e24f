"""What stands between a client and a server: proxies, relays, servers that misbehave."""
