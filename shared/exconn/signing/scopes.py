"""What a requester may ask for, where and how often: compared between two revisions of the registry.

What a later revision adds to it counts after a wait, as a new key does: until then the earlier scope is in force.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from exconn.connector import Quota
from exconn.contracts.request import RequestKind
from exconn.signing.requesters import Registry, Requester

#: So long a new key may not release, and what is added to a requester does not count: somebody reads the warning.
NEW_FOR = timedelta(days=1)
#: With a single administrator there is nobody else who would notice as soon.
NEW_FOR_SINGLE = timedelta(days=7)


def new_for(*, single: bool) -> timedelta:
    """How long what is new has to wait where there is a single administrator, or not."""
    return NEW_FOR_SINGLE if single else NEW_FOR


class RequesterScope(BaseModel):
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

    def is_within(self, other: "RequesterScope") -> bool:
        """Whether it lets through nothing that the other one does not."""
        return self == self.within(other)

    def given_to(self, requester: Requester) -> Requester:
        """The requester with these rights in place of those of the file."""
        kinds = tuple(kind for kind in RequestKind if kind.value in self.kinds)
        connectors = tuple(sorted(self.connectors))
        return requester.model_copy(
            update={"role": None, "kinds": kinds, "connectors": connectors, "quota": self.quota}
        )

    def within(self, other: "RequesterScope") -> "RequesterScope":
        """What both let through."""
        return RequesterScope(
            kinds=self.kinds & other.kinds,
            connectors=_both(self.connectors, other.connectors),
            quota=_least(self.quota, other.quota),
        )


class EarlierScope(BaseModel):
    """The scope that a requester had before it was widened, and until when it is in force."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: RequesterScope
    until: AwareDatetime

    def limit(self, requester: Requester, now: datetime) -> tuple[RequesterScope, datetime | None]:
        """The scope in force, and until when it is the earlier one (None: it is that of the file)."""
        found = RequesterScope.of(requester)
        return (found, None) if self.until <= now else (found.within(self.scope), self.until)


def earlier_scopes(
    registry: Registry,
    before: Mapping[str, RequesterScope],
    held_back: Mapping[str, EarlierScope],
    *,
    now: datetime,
    until: datetime,
) -> dict[str, EarlierScope]:
    """Whose earlier scope is in force from now on, those of what this revision adds until then.

    `before` are the scopes of the revision before, `held_back` the earlier ones that may be in force still. Who was not
    in that revision has no earlier scope: their keys are new.
    """
    found = {}
    for name, requester in registry.requesters.items():
        scope, last = RequesterScope.of(requester), before.get(name)
        if last is None:
            continue
        waiting = held_back.get(name)
        if waiting is not None and waiting.until > now:
            last = last.within(waiting.scope)
        if not scope.is_within(last):
            kept = waiting.until if waiting and scope.is_within(before[name]) else until
            found[name] = EarlierScope(scope=scope.within(last), until=kept)
    return found


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    if "*" in one:
        return other
    return one if "*" in other else one & other


def _least(one: Quota | None, other: Quota | None) -> Quota | None:
    if one is None or other is None:
        return one or other
    return Quota(per_hour=min(one.per_hour, other.per_hour), per_day=min(one.per_day, other.per_day))
