"""Connections to Redis or Valkey: bounded waits, no silent retries, no server that may forget.

Writes are compare-and-set scripts, so a retry would be safe; but the caller must know that an answer was lost, so
nothing is retried here.
"""

from datetime import timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

#: Above any single command or script, below the patience of an operator.
ANSWER_WITHIN = timedelta(seconds=5)
CONNECT_WITHIN = timedelta(seconds=3)


class KeyspaceError(Exception):
    """Base of what can go wrong with the server behind the keys.

    KeyspaceError
    +- UnreachableServerError    nothing answers at the address
    +- ServerUnfitError          it answers, but may lose what it is given
    """


class UnreachableServerError(KeyspaceError):
    """Nothing answers at the address, or it refuses us."""

    def __init__(self, address: str, detail: str) -> None:
        self.address = address
        self.detail = detail
        super().__init__(f"no Redis or Valkey answers at {address} ({detail}): start it or correct the URL")


class ServerUnfitError(KeyspaceError):
    """The server may evict or forget keys: a ledger must not live there."""

    def __init__(self, address: str, setting: str, value: str, *, remedy: str) -> None:
        self.address = address
        self.setting = setting
        self.value = value
        self.remedy = remedy
        super().__init__(f"the server at {address} has {setting}={value!r}, which can lose jobs: {remedy}")


def connect(
    url: str, *, text: bool = True, name: str = "exconn", answer_within: timedelta = ANSWER_WITHIN
) -> "redis.Redis":
    """A client for `url`; it connects on first use. `text=False` leaves replies as bytes.

    A blocking read must block for less than `answer_within`. No command is retried.
    """
    options: dict[str, Any] = {
        "decode_responses": text,
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


def refuse_unfit(client: "redis.Redis", *, volatile_allowed: bool = False) -> None:
    """Raise UnreachableServerError or ServerUnfitError unless a ledger may live on this server.

    It must not evict keys, and unless `volatile_allowed` (the demo) it must write an append-only file.
    """
    address = address_of(client)
    try:
        policy = _setting(client, "maxmemory-policy")
        append_only = _setting(client, "appendonly")
    except redis.RedisError as exc:
        raise UnreachableServerError(address, str(exc)) from exc
    if policy != "noeviction":
        raise ServerUnfitError(address, "maxmemory-policy", policy, remedy="set maxmemory-policy to noeviction")
    if append_only != "yes" and not volatile_allowed:
        raise ServerUnfitError(
            address, "appendonly", append_only, remedy="set appendonly to yes and appendfsync to always"
        )


def _setting(client: "redis.Redis", name: str) -> str:
    found = client.config_get(name)
    return str(found.get(name, "unknown"))
