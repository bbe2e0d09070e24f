"""What the ledger knows of the registry of requesters, read from its hash."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from exconn.signing.registry_summary import Summary
from exconn.signing.requesters import Registry
from exconn.signing.scopes import EarlierScope, Scope

#: The fields that `announced_in` reads, before those of the key and of the requester.
ASKED = ("revision", "digest")


@dataclass(frozen=True)
class Announced:
    """The registry that the ledger knows (revision 0: none), and what it knows of one key and of its requester.

    `key_seen` is since when the key is known (at the epoch: since ever), `earlier` the scope before it was widened.
    """

    revision: int = 0
    digest: str = ""
    key_seen: datetime | None = None
    earlier: EarlierScope | None = None

    def is_of(self, registry: Registry) -> bool:
        """Whether it is that registry."""
        return (self.revision, self.digest) == (registry.revision, registry.digest)

    @property
    def text(self) -> str:
        """As the script compares it."""
        return f"{self.revision} {self.digest}" if self.revision else ""


@dataclass(frozen=True)
class Known:
    """All that the ledger knows of it, and when that was read by the server's clock."""

    at: datetime
    announced: Announced
    said: Summary
    scopes: dict[str, Scope]
    earlier: dict[str, EarlierScope]


def announced_in(reply: object) -> Announced:
    """The answer to a question for `ASKED`, `key:<requester>:<id>` and `earlier:<requester>`."""
    revision, digest, seen, earlier = cast("Sequence[str | None]", reply)
    return Announced(
        revision=int(revision or 0),
        digest=digest or "",
        key_seen=datetime.fromtimestamp(int(seen) / 1000, UTC) if seen else None,
        earlier=EarlierScope.model_validate_json(earlier) if earlier else None,
    )


def known_in(time: tuple[int, int], fields: Mapping[str, str]) -> Known:
    """The answers of the server: its time, and the whole hash."""
    seconds, micros = time
    scopes = json.loads(fields.get("scopes", "{}"))
    earlier = {name: text for name, text in fields.items() if name.startswith("earlier:")}
    return Known(
        at=datetime.fromtimestamp(seconds + micros / 1_000_000, UTC),
        announced=Announced(int(fields.get("revision", "0")), fields.get("digest", "")),
        said=json.loads(fields.get("said", "{}")),
        scopes={name: Scope.model_validate(scope) for name, scope in scopes.items()},
        earlier={name.partition(":")[2]: EarlierScope.model_validate_json(text) for name, text in earlier.items()},
    )
