"""What of a registry does not count yet: found when it is announced, and again when somebody releases it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from exconn.connector import Difference, DifferenceCode, PendingChange
from exconn.contracts.request import RequestKind
from exconn.signing.announced import Counting, Known
from exconn.signing.deployment_scope import DeploymentScope, EarlierDeployment, earlier_deployments
from exconn.signing.registry_summary import bound_in, quota_in_words
from exconn.signing.requesters import Registry
from exconn.signing.scopes import EarlierScope, RequesterScope, earlier_scopes, new_for
from exconn.signing.wider_bounds import wider_than

HELD_BACK = "held_back"
_CONSENT = (RequestKind.RELEASE, RequestKind.RESUME)


@dataclass(frozen=True)
class Waiting:
    """What does not count yet: as it is shown, whose it is, what of the hash holds it back, and until when."""

    differences: tuple[Difference, ...]
    requesters: frozenset[str]
    fields: tuple[str, ...]
    until: datetime

    def was_shown_as(self, change: PendingChange, registry: Registry) -> bool:
        """Whether all of it is in that change of that registry; what counts by itself by now may be there too."""
        return change.content == content_of(registry) and set(self.differences) <= set(change.differences)


def content_of(registry: Registry) -> str:
    """What a pending change keeps of a registry."""
    return json.dumps({"revision": registry.revision, "digest": registry.digest})


@dataclass(frozen=True)
class _Part:
    difference: Difference
    requester: str
    field: str
    until: datetime


def counting_of(registry: Registry, known: Known) -> Counting:
    """From when on what this revision says counts, after what the ledger knows."""
    now, before = known.at, known.announced.deployment
    was_single = before is not None and before.single_administrator
    until = now + new_for(single=registry.single_administrator or was_single)
    owned = [f"{key.requester}:{identity}" for identity, key in registry.keys.items()]
    if known.is_first:
        return Counting(keys={name: known.counting.keys.get(name, 0) for name in owned})
    new = int(until.timestamp() * 1000)
    return Counting(
        keys={name: known.counting.keys.get(name, new) for name in owned},
        earlier=earlier_scopes(registry, known.scopes, known.counting.earlier, now=now, until=until),
        held_back=earlier_deployments(
            DeploymentScope.of(registry),
            before,
            known.counting.held_back,
            now=now,
            until=now + new_for(single=was_single),
        ),
    )


def waiting_in(registry: Registry, present: DeploymentScope, counting: Counting, now: datetime) -> Waiting | None:
    """What does not count yet of a registry that says `present` of the deployment; None where all counts."""
    parts = [
        *_keys(registry, counting.keys, now),
        *chain.from_iterable(_scopes(registry, name, one, now) for name, one in sorted(counting.earlier.items())),
        *_deployment(present, counting.held_back, now),
    ]
    if not parts:
        return None
    return Waiting(
        differences=tuple(part.difference for part in parts),
        requesters=frozenset(part.requester for part in parts if part.requester),
        fields=tuple(dict.fromkeys(part.field for part in parts)),
        until=max(part.until for part in parts),
    )


def _keys(registry: Registry, counts_from: Mapping[str, int], now: datetime) -> Iterator[_Part]:
    for name, at in sorted(counts_from.items()):
        owner, _, identity = name.partition(":")
        requester, until = registry.requesters.get(owner), datetime.fromtimestamp(at / 1000, now.tzinfo)
        if requester is None or until <= now or not any(map(requester.may, _CONSENT)):
            continue
        shown = Difference(field=f"requesters.{owner}.keys", old="", new=identity, why=DifferenceCode.NEW_KEY)
        yield _Part(shown, owner, f"key:{name}", until)


def _scopes(registry: Registry, name: str, earlier: EarlierScope, now: datetime) -> Iterator[_Part]:
    requester = registry.requesters.get(name)
    if requester is None or earlier.until <= now:
        return
    old, new = (dict(_shown(scope)) for scope in (earlier.limit(requester, now)[0], RequesterScope.of(requester)))
    for field, value in new.items():
        if value != old[field]:
            yield _Part(
                Difference(
                    field=f"requesters.{name}.{field}", old=old[field], new=value, why=DifferenceCode.WIDER_RIGHTS
                ),
                name,
                f"earlier:{name}",
                earlier.until,
            )


def _shown(scope: RequesterScope) -> Iterator[tuple[str, str]]:
    yield "kinds", " ".join(sorted(scope.kinds))
    yield "connectors", " ".join(sorted(scope.connectors))
    yield "quota", quota_in_words(scope.quota) if scope.quota else ""


def _deployment(present: DeploymentScope, held_back: tuple[EarlierDeployment, ...], now: datetime) -> Iterator[_Part]:
    """Each value once, beside the earliest one that holds it back."""
    told: set[str] = set()
    for earlier in held_back:
        for shown in _loosened(present, earlier.scope) if earlier.until > now else ():
            if shown.field not in told:
                told.add(shown.field)
                yield _Part(shown, "", HELD_BACK, max(one.until for one in held_back))


def _loosened(present: DeploymentScope, scope: DeploymentScope) -> Iterator[Difference]:
    for name in wider_than(scope.bounds, present.bounds):
        old, new = bound_in(scope.bounds, name), bound_in(present.bounds, name)
        yield Difference(field=name, old=old, new=new, why=DifferenceCode.WIDENS_LIMIT)
    if present.single_administrator and not scope.single_administrator:
        why = DifferenceCode.SINGLE_ADMINISTRATOR
        yield Difference(field="single_administrator", old="false", new="true", why=why)
    if scope.hardware_keys_for - present.hardware_keys_for:
        old, new = (" ".join(sorted(kinds)) for kinds in (scope.hardware_keys_for, present.hardware_keys_for))
        yield Difference(field="hardware_keys_for", old=old, new=new, why=DifferenceCode.FEWER_HARDWARE_KEYS)
