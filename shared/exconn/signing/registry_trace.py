"""The trace that a registry leaves on the ledger: which one counts, what it says, since when each key is known.

A later revision is announced once, with the difference, by whichever intake comes first. An earlier revision, or other
content under the same number, does not count: somebody has put back an old file, or two machines have different ones.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast

from exconn.keyspace import Functions, Library, keys
from exconn.signing.errors import SupersededRegistryError
from exconn.signing.registry_summary import Summary, differences, summary_of, told
from exconn.signing.requesters import Registry
from exconn.signing.wider_bounds import wider_than_factory
from exconn.stream import Number

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: So many others announced at the same time: something loops.
_ATTEMPTS = 20


@cache
def library() -> Library:
    """What of it runs on the ledger's server."""
    scripts = resources.files("exconn.signing").joinpath("scripts")
    return Library(
        "registry", {name: scripts.joinpath(f"{name}.lua").read_text("utf-8") for name in ("announce", "refuse")}
    )


@dataclass(frozen=True)
class Announced:
    """The registry that the ledger knows (revision 0: none), and since when it knows the key that was asked for."""

    revision: int = 0
    digest: str = ""
    key_seen: datetime | None = None

    def is_of(self, registry: Registry) -> bool:
        """Whether it is that registry."""
        return (self.revision, self.digest) == (registry.revision, registry.digest)

    @property
    def text(self) -> str:
        """As the script compares it."""
        return f"{self.revision} {self.digest}" if self.revision else ""


class RegistryTrace:
    """The announced registry on the ledger's server. `client` answers in text."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        functions = Functions(client, library())
        self._announce, self._refuse = functions.bound("announce"), functions.bound("refuse")

    def ask(self, pipe: "Pipeline", key: str) -> None:
        """Put into a pipeline what `read` reads: one command."""
        pipe.hmget(keys.REGISTRY, "revision", "digest", f"key:{key}")

    def read(self, reply: object) -> Announced:
        """What the answer says."""
        revision, digest, seen = cast("Sequence[str | None]", reply)
        moment = datetime.fromtimestamp(int(seen) / 1000, UTC) if seen else None
        return Announced(int(revision or 0), digest or "", moment)

    def count(self, registry: Registry, *, by: str) -> None:
        """Have that registry count: announce it where it is a later one. Raises SupersededRegistryError."""
        for _ in range(_ATTEMPTS):
            known, said = self._known()
            if known.is_of(registry):
                return
            if registry.revision <= known.revision:
                self._tell_refused(registry, known, by)
                raise SupersededRegistryError(registry.revision, known.revision)
            if self._announced(registry, known, said, by) == "done":
                return
        raise SupersededRegistryError(registry.revision, registry.revision)

    def _known(self) -> tuple[Announced, Summary]:
        found = cast("list[str | None]", self._client.hmget(keys.REGISTRY, ["revision", "digest", "said"]))
        revision, digest, said = found
        return Announced(int(revision or 0), digest or ""), json.loads(said) if said else {}

    def _announced(self, registry: Registry, known: Announced, said: Summary, by: str) -> str:
        summary, wider = summary_of(registry), wider_than_factory(registry.bounds)
        data = {"revision": registry.revision, "digest": registry.digest, "before": known.revision, "wider": wider}
        return str(
            self._announce(
                keys=[keys.REGISTRY, keys.SEQUENCE, keys.STATUS, keys.MARKED],
                args=[
                    registry.revision,
                    registry.digest,
                    known.text,
                    json.dumps(summary),
                    json.dumps(wider),
                    Number.REGISTRY_CHANGED.value,
                    by,
                    json.dumps(data | told(differences(said, summary))),
                    *registry.keys,
                ],
            )
        )

    def _tell_refused(self, registry: Registry, known: Announced, by: str) -> None:
        data = {"revision": registry.revision, "announced": known.revision, "digest": registry.digest}
        self._refuse(
            keys=[keys.REGISTRY, keys.SEQUENCE, keys.STATUS],
            args=[registry.revision, registry.digest, Number.REGISTRY_REFUSED.value, by, json.dumps(data)],
        )
