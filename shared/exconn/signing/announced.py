"""What the ledger knows of the registry of requesters, read from its hash."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from exconn.connector import ChangeKind, PendingChange
from exconn.keyspace import keys
from exconn.signing.deployment_scope import DeploymentScope, EarlierDeployment, all_of
from exconn.signing.registry_summary import Summary
from exconn.signing.requesters import Registry, Requester
from exconn.signing.scopes import EarlierScope, RequesterScope

if TYPE_CHECKING:
    from redis.client import Pipeline

#: The fields of the deployment, which come before those of a key and of a requester.
ASKED = ("revision", "digest", "deployment", "held_back")


@dataclass(frozen=True)
class Announced:
    """The registry that the ledger knows (revision 0: none), and what it knows of one key and of its requester.

    `counts_from`: when the key may release (at the epoch: since ever; None: the ledger does not know it), `earlier` the
    scope before it was widened, `held_back` what protected the deployment before that was loosened.
    """

    revision: int = 0
    digest: str = ""
    deployment: DeploymentScope | None = None
    held_back: tuple[EarlierDeployment, ...] = ()
    counts_from: datetime | None = None
    earlier: EarlierScope | None = None

    def is_of(self, registry: Registry) -> bool:
        """Whether it is that registry."""
        return (self.revision, self.digest) == (registry.revision, registry.digest)

    def in_force(self, registry: Registry, now: datetime) -> Registry:
        """A registry with what protects the deployment by now: nothing is looser than the ledger has known for long.

        Also where it is another one than the ledger knows.
        """
        announced = [self.deployment] if self.deployment is not None else []
        return all_of(registry, [*announced, *(one.scope for one in self.held_back if one.until > now)])

    def may_release(self, now: datetime) -> bool:
        """Whether the key has been known for long enough; also of a deployment that has announced none yet."""
        return not self.revision or (self.counts_from is not None and self.counts_from <= now)

    def scope_of(self, requester: Requester, now: datetime) -> tuple[Requester, datetime | None]:
        """The requester with the rights that count now, and until when these are the earlier ones, if they are."""
        if self.earlier is None:
            return requester, None
        scope, until = self.earlier.limit(requester, now)
        return (requester if until is None else scope.given_to(requester)), until


@dataclass(frozen=True)
class Counting:
    """From when on what a registry brought counts.

    `keys`: `<requester>:<id>` -> milliseconds from which on it may release, 0 since ever. `earlier` and `held_back` are
    what holds until then.
    """

    keys: Mapping[str, int] = field(default_factory=dict)
    earlier: Mapping[str, EarlierScope] = field(default_factory=dict)
    held_back: tuple[EarlierDeployment, ...] = ()


@dataclass(frozen=True)
class Known:
    """All that the ledger knows of it, and when that was read by the server's clock.

    `released` is the last change of a registry that somebody released, `pending` the one that waits. `began` tells a
    ledger from one that was lost since, or to which what was known before was written back (empty: an older version).
    """

    at: datetime
    announced: Announced
    counting: Counting
    said: Summary
    scopes: Mapping[str, RequesterScope]
    released: str
    pending: tuple[PendingChange, ...] = ()
    began: str = ""

    def read_at(self, at: datetime) -> "Known":
        """The same, at another time."""
        return replace(self, at=at)

    @property
    def text(self) -> str:
        """As scripts compare it."""
        found = self.announced
        return f"{found.revision} {found.digest} {self.released} {self.began}" if found.revision else ""

    @property
    def is_first(self) -> bool:
        """Whether nobody waits for what a registry says: the deployment has none."""
        return not self.announced.revision


def ask_for_announced(pipe: "Pipeline", key: str, requester: str) -> None:
    """Put into a pipeline what `announced_in` reads: one command. A key that goes to another requester is new there."""
    pipe.hmget(keys.REGISTRY, *ASKED, f"key:{requester}:{key}", f"earlier:{requester}")


def announced_in(reply: object) -> Announced:
    """The answer to it."""
    revision, digest, deployment, held_back, counts_from, earlier = cast("Sequence[str | None]", reply)
    return Announced(
        revision=int(revision or 0),
        digest=digest or "",
        deployment=DeploymentScope.model_validate_json(deployment) if deployment else None,
        held_back=_held_back(held_back),
        counts_from=datetime.fromtimestamp(int(counts_from) / 1000, UTC) if counts_from else None,
        earlier=EarlierScope.model_validate_json(earlier) if earlier else None,
    )


def known_in(time: tuple[int, int], fields: Mapping[str, str], changes: Mapping[str, str]) -> Known:
    """The answers of the server: its time, the whole hash, what waits."""
    pending = map(PendingChange.model_validate_json, changes.values())
    seconds, micros = time
    deployment, held_back = fields.get("deployment"), _held_back(fields.get("held_back"))
    return Known(
        at=datetime.fromtimestamp((seconds * 1000 + micros // 1000) / 1000, UTC),
        announced=Announced(
            revision=int(fields.get("revision", "0")),
            digest=fields.get("digest", ""),
            deployment=DeploymentScope.model_validate_json(deployment) if deployment else None,
            held_back=held_back,
        ),
        counting=Counting(
            keys={name: int(value) for name, value in _of("key:", fields)},
            earlier={name: EarlierScope.model_validate_json(text) for name, text in _of("earlier:", fields)},
            held_back=held_back,
        ),
        said=json.loads(fields.get("said", "{}")),
        scopes={
            name: RequesterScope.model_validate(scope) for name, scope in json.loads(fields.get("scopes", "{}")).items()
        },
        released=fields.get("released", ""),
        began=fields.get("began", ""),
        pending=tuple(change for change in pending if change.kind is ChangeKind.REGISTRY),
    )


def _of(prefix: str, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name.removeprefix(prefix), value) for name, value in fields.items() if name.startswith(prefix)]


def _held_back(text: str | None) -> tuple[EarlierDeployment, ...]:
    return tuple(map(EarlierDeployment.model_validate, json.loads(text))) if text else ()
