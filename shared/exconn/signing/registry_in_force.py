"""The registry as it counts now, for a process that has only its file, and may read what the ledger knows of it.

Whatever the file says, nothing in it is looser than what was announced, and nothing new counts before its time. That is
also so of a file that was never announced; of a deployment that has announced none, the file counts.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, cast

from exconn.keyspace import keys
from exconn.signing.announced import ASKED, Announced, announced_in
from exconn.signing.registry_file import RegistryFile
from exconn.signing.requesters import Registry

if TYPE_CHECKING:
    import redis


class CurrentRegistry(Protocol):
    """Where the registry comes from."""

    def current(self) -> Registry:
        """The registry now. Raises RegistryError."""


class RegistryInForce:
    """The registry of a file, without what does not count yet by what the ledger knows. `client` answers in text."""

    def __init__(self, file: RegistryFile, client: "redis.Redis") -> None:
        self._file = file
        self._client = client

    def current(self) -> Registry:
        """The registry that counts now. Raises RegistryError."""
        registry = self._file.current()
        owned = [f"key:{known.requester}:{key}" for key, known in registry.keys.items()]
        scopes = [f"earlier:{name}" for name in registry.requesters]
        with self._client.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hmget(keys.REGISTRY, [*ASKED, *owned, *scopes])
            (seconds, micros), reply = pipe.execute()
        now = datetime.fromtimestamp(seconds + micros / 1_000_000, UTC)
        return _in_force(registry, cast("Sequence[str | None]", reply), now)


def _in_force(registry: Registry, reply: Sequence[str | None], now: datetime) -> Registry:
    """`reply` has the fields of the deployment, then one of each key and of each requester, in their order."""
    deployment, own = list(reply[: len(ASKED)]), reply[len(ASKED) :]
    seen = dict(zip(registry.keys, own, strict=False))
    earlier = dict(zip(registry.requesters, own[len(registry.keys) :], strict=True))

    def known(key: str | None = None, requester: str | None = None) -> Announced:
        return announced_in([*deployment, seen.get(key or ""), earlier.get(requester or "")])

    counting = known().in_force(registry, now)
    return replace(
        counting,
        keys={key: replace(found, may_consent=known(key=key).may_release(now)) for key, found in counting.keys.items()},
        requesters={name: known(requester=name).scope_of(found, now)[0] for name, found in counting.requesters.items()},
    )
