"""The trace that a registry leaves on the ledger: which one counts, what it says, since when each key is known.

A later revision is announced once, with the difference, by whichever intake comes first. An earlier revision, or other
content under the same number, does not count: somebody has put back an old file, or two machines have different ones.
"""

import json
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from exconn.keyspace import Functions, Library, keys
from exconn.signing.announced import ASKED, Announced, Known, announced_in, known_in
from exconn.signing.errors import SupersededRegistryError
from exconn.signing.registry_summary import differences, summary_of, told
from exconn.signing.requesters import Registry
from exconn.signing.scopes import RequesterScope, earlier_scopes
from exconn.signing.wider_bounds import wider_than_factory
from exconn.stream import Number

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: So many others announced at the same time: something loops.
_ATTEMPTS = 20
_SCRIPTS = ("announce", "refuse")


@cache
def library() -> Library:
    """What of it runs on the ledger's server."""
    scripts = resources.files("exconn.signing").joinpath("scripts")
    return Library("registry", {name: scripts.joinpath(f"{name}.lua").read_text("utf-8") for name in _SCRIPTS})


class RegistryTrace:
    """The announced registry on the ledger's server. `client` answers in text."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        functions = Functions(client, library())
        self._announce, self._refuse = functions.bound("announce"), functions.bound("refuse")

    def ask(self, pipe: "Pipeline", key: str, requester: str) -> None:
        """Put into a pipeline what `read` reads: one command."""
        pipe.hmget(keys.REGISTRY, *ASKED, *_fields_of(key, requester))

    def read(self, reply: object) -> Announced:
        """What the answer says."""
        return announced_in(reply)

    def counted(self, registry: Registry, key: str, requester: str, *, by: str) -> Announced:
        """As `count`; what is known of that key and requester afterwards."""
        self.count(registry, by=by)
        return announced_in(self._client.hmget(keys.REGISTRY, [*ASKED, *_fields_of(key, requester)]))

    def count(self, registry: Registry, *, by: str) -> None:
        """Have that registry count: announce it where it is a later one. Raises SupersededRegistryError."""
        for _ in range(_ATTEMPTS):
            known = self._known()
            if known.announced.is_of(registry):
                return
            if registry.revision <= known.announced.revision:
                self._tell_refused(registry, known.announced, by)
                raise SupersededRegistryError(registry.revision, known.announced.revision)
            if self._announced(registry, known, by) == "done":
                return
        raise SupersededRegistryError(registry.revision, registry.revision)

    def _known(self) -> Known:
        # No transaction, which the users of the ledger may not ask for: what is written compares with what was read.
        with self._client.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hgetall(keys.REGISTRY)
            return known_in(*pipe.execute())

    def _announced(self, registry: Registry, known: Known, by: str) -> str:
        summary, wider = summary_of(registry), wider_than_factory(registry.bounds)
        revision, before = registry.revision, known.announced.revision
        data = {"revision": revision, "digest": registry.digest, "before": before, "wider": wider}
        scopes = {
            name: RequesterScope.of(requester).model_dump(mode="json")
            for name, requester in registry.requesters.items()
        }
        return str(
            self._announce(
                keys=[keys.REGISTRY, keys.SEQUENCE, keys.STATUS, keys.MARKED],
                args=[
                    revision,
                    registry.digest,
                    known.announced.text,
                    json.dumps({"said": json.dumps(summary), "wider": json.dumps(wider), "scopes": json.dumps(scopes)}),
                    json.dumps([f"{known_key.requester}:{key}" for key, known_key in registry.keys.items()]),
                    json.dumps(_earlier(registry, known, known.at)),
                    Number.REGISTRY_CHANGED.value,
                    by,
                    json.dumps(data | told(differences(known.said, summary))),
                ],
            )
        )

    def _tell_refused(self, registry: Registry, known: Announced, by: str) -> None:
        data = {"revision": registry.revision, "announced": known.revision, "digest": registry.digest}
        self._refuse(
            keys=[keys.REGISTRY, keys.SEQUENCE, keys.STATUS],
            args=[registry.revision, registry.digest, Number.REGISTRY_REFUSED.value, by, json.dumps(data)],
        )


def _fields_of(key: str, requester: str) -> tuple[str, str]:
    """A key that goes to another requester is new there: nobody approves for two."""
    return f"key:{requester}:{key}", f"earlier:{requester}"


def _earlier(registry: Registry, known: Known, now: datetime) -> dict[str, str]:
    found = earlier_scopes(registry, known.scopes, known.earlier, now)
    return {name: earlier.model_dump_json() for name, earlier in found.items()}
