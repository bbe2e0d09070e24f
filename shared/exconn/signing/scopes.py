"""What a requester may ask for, where and how often: compared between two revisions of the registry.

What a later revision adds to it counts after a wait, as a new key does: until then the earlier scope is in force.
"""

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from exconn.connector import Quota
from exconn.signing.requesters import Registry, Requester

#: So long a new key may not release, and what is added to a requester does not count: somebody reads the warning.
NEW_FOR = timedelta(days=1)
#: With a single administrator there is nobody else who would notice as soon.
NEW_FOR_SINGLE = timedelta(days=7)


def new_for(registry: Registry) -> timedelta:
    """How long what is new has to wait on this deployment."""
    return NEW_FOR_SINGLE if registry.single_administrator else NEW_FOR


class Scope(BaseModel):
    """Kinds, connectors (or "*") and quota of a requester. Kinds are text: an earlier version wrote them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kinds: frozenset[str]
    connectors: frozenset[str]
    quota: Quota | None = None

    @classmethod
    def of(cls, requester: Requester) -> Self:
        """The scope that the file gives."""
        kinds = frozenset(kind.value for kind in requester.allowed)
        return cls(kinds=kinds, connectors=frozenset(requester.connectors), quota=requester.quota)

    def is_within(self, other: "Scope") -> bool:
        """Whether it lets through nothing that the other one does not."""
        return self == self.within(other)

    def within(self, other: "Scope") -> "Scope":
        """What both let through."""
        return Scope(
            kinds=self.kinds & other.kinds,
            connectors=_both(self.connectors, other.connectors),
            quota=_least(self.quota, other.quota),
        )


class EarlierScope(BaseModel):
    """The scope that a requester had before it was widened, and when that was."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: Scope
    since: AwareDatetime

    def limit(self, requester: Requester, registry: Registry, now: datetime) -> tuple[Scope, datetime | None]:
        """The scope in force, and until when it is the earlier one (None: it is that of the file)."""
        until = self.since + new_for(registry)
        found = Scope.of(requester)
        return (found, None) if until <= now else (found.within(self.scope), until)


def earlier_scopes(
    registry: Registry, before: dict[str, Scope], held_back: dict[str, EarlierScope], now: datetime
) -> dict[str, EarlierScope]:
    """Whose earlier scope is in force from now on.

    `before` are the scopes of the revision before, `held_back` the earlier ones that may be in force still. Who was not
    in that revision has no earlier scope: their keys are new.
    """
    wait, found = new_for(registry), {}
    for name, requester in registry.requesters.items():
        scope, last = Scope.of(requester), before.get(name)
        if last is None:
            continue
        waiting = held_back.get(name)
        if waiting is not None and waiting.since + wait > now:
            last = last.within(waiting.scope)
        if not scope.is_within(last):
            since = waiting.since if waiting and scope.is_within(before[name]) else now
            found[name] = EarlierScope(scope=scope.within(last), since=since)
    return found


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    if "*" in one:
        return other
    return one if "*" in other else one & other


def _least(one: Quota | None, other: Quota | None) -> Quota | None:
    if one is None or other is None:
        return one or other
    return Quota(per_hour=min(one.per_hour, other.per_hour), per_day=min(one.per_day, other.per_day))
