"""Connections to Redis or Valkey: bounded waits, no silent retries, no server that may forget.

Writes are compare-and-set scripts, so a retry would be safe; but the caller must know that an answer was lost, so
nothing is retried here.
"""

import codecs
from datetime import timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from exconn.keyspace import tls
from exconn.keyspace.errors import ServerUnfitError, TlsFailedError, UnreachableServerError

#: Above any single command or script, less than an operator waits for.
ANSWER_WITHIN = timedelta(seconds=5)
CONNECT_WITHIN = timedelta(seconds=3)
#: The server keeps any bytes, and others may have written them: what is no text is read as U+FFFD, so that it stops
#: nobody who reads it together with what is. What is no text is never written.
READ_ANYTHING = "exconn-read-anything"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd", error.end


codecs.register_error(READ_ANYTHING, _replaced)


def connect(
    url: str, *, text: bool = True, name: str = "exconn", answer_within: timedelta = ANSWER_WITHIN
) -> "redis.Redis":
    """A client for `url`; it connects on first use. `text=False` leaves replies as bytes.

    Bytes that are no UTF-8 are read as U+FFFD. A blocking read must block for less than `answer_within`. No command is
    retried. With `rediss://` the certificates are those that the URL names (`exconn.keyspace.tls`); files are read at
    each new connection.
    """
    options: dict[str, Any] = {
        "decode_responses": text,
        "encoding_errors": READ_ANYTHING,
        "client_name": name,
        "socket_timeout": answer_within.total_seconds(),
        "health_check_interval": 15,
        "retry": Retry(NoBackoff(), 0),
    }
    if not url.startswith("unix:"):
        options |= {"socket_connect_timeout": CONNECT_WITHIN.total_seconds(), "socket_keepalive": True}
    client: redis.Redis = redis.Redis.from_url(url, **options)
    return client


def address_of(client: "redis.Redis") -> str:
    """Host and port of a client, without its password."""
    arguments = client.connection_pool.connection_kwargs
    return str(arguments.get("path") or f"{arguments.get('host')}:{arguments.get('port')}")


def unreachable(client: "redis.Redis", error: Exception) -> UnreachableServerError:
    """What to tell of a client that did not reach its server: with TLS, which side did not trust the other."""
    address, pool = address_of(client), client.connection_pool
    if not issubclass(pool.connection_class, redis.SSLConnection):
        return UnreachableServerError(address, f"{error}{tls.hint_of_plain(error)}")
    found = tls.finding(error, pool.connection_kwargs)
    if found is None:
        return UnreachableServerError(address, str(error))
    return TlsFailedError(address, found.problem, remedy=found.remedy)


def refuse_unfit(client: "redis.Redis", *, volatile_allowed: bool = False) -> None:
    """Raise UnreachableServerError or ServerUnfitError unless a ledger may live on this server.

    It must not evict keys, and unless `volatile_allowed` (the demo) an append-only file must have each write before it
    is answered.
    """
    address = address_of(client)
    try:
        policy = _setting(client, "maxmemory-policy")
        append_only = _setting(client, "appendonly")
        synced = _setting(client, "appendfsync")
    except redis.RedisError as exc:
        raise unreachable(client, exc) from exc
    if policy != "noeviction":
        raise ServerUnfitError(address, "maxmemory-policy", policy, remedy="set maxmemory-policy to noeviction")
    if append_only != "yes" and not volatile_allowed:
        raise ServerUnfitError(
            address, "appendonly", append_only, remedy="set appendonly to yes and appendfsync to always"
        )
    if synced != "always" and not volatile_allowed:
        raise ServerUnfitError(address, "appendfsync", synced, remedy="set appendfsync to always")


def replicas_demanded(client: "redis.Redis") -> int:
    """How many replicas a server demands before it takes writes (`min-replicas-to-write`)."""
    try:
        found = _setting(client, "min-replicas-to-write")
    except redis.RedisError as exc:
        raise unreachable(client, exc) from exc
    return int(found) if found.isdecimal() else 0


def _setting(client: "redis.Redis", name: str) -> str:
    found = client.config_get(name)
    return str(found.get(name, "unknown"))
