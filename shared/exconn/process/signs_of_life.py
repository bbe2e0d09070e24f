"""Writing that a process lives, and that doorbells come through to it: functions on the ledger's server.

Functions, because a server without memory left takes nothing else: all processes would look dead at once.
"""

from exconn.keyspace import Library

#: By the server's time, as those who read it do. What its deployment lacks stands behind it.
_BEAT = """#!lua flags=allow-oom
local t = redis.call('TIME')
local at = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] ~= '' and at .. ' ' .. ARGV[2] or at)
return 1
"""
_PROVE = """#!lua flags=allow-oom
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 1
"""
#: What of it runs on the ledger's server.
LIBRARY = Library("signs_of_life", {"beat": _BEAT, "prove": _PROVE})
