"""What the last applies of a connector set, and what they found: on the ledger server, in a key of policy's own.

Written once a job has begun and before its cmdlet, so that also what a lost worker wrote is known.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from exconn.connector import PolicyValue
from exconn.keyspace import keys
from exconn.policy.drift import Change
from exconn.policy.values import decoded, encoded

if TYPE_CHECKING:
    import redis

#: How many applies of a connector can be undone.
MOST_KEPT = 20
#: Fields of older applies: what a parameter of a policy was set to last.
_SET = "set:"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """One apply that has begun: when (milliseconds), to which policy, and each value from what it was found at."""

    job: str
    at: int
    policy: str
    changes: tuple[Change, ...]

    def encoded(self) -> str:
        """The record as JSON."""
        rows = [[c.parameter, encoded(c.found), encoded(c.wanted), c.follows] for c in self.changes]
        return json.dumps({"v": 1, "at": self.at, "policy": self.policy, "changes": rows})

    def with_more(self, later: "Applied") -> "Applied":
        """The same, with what a later try set besides; what was found first counts."""
        known = {change.parameter for change in self.changes}
        more = tuple(change for change in later.changes if change.parameter not in known)
        return replace(self, at=later.at, changes=(*self.changes, *more))


def _decode(job: str, text: str) -> Applied:
    found: dict[str, Any] = json.loads(text)
    changes = tuple(
        Change(parameter=name, found=decoded(before), wanted=cast("PolicyValue", decoded(after)), follows=follows)
        for name, before, after, follows in found["changes"]
    )
    return Applied(job=job, at=found["at"], policy=found["policy"], changes=changes)


class AppliedPlans:
    """The applies of all connectors: the newest of each as a whole, of older ones what they set."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def begin(self, connector: str, job: str, *, at: datetime, policy: str, changes: Iterable[Change]) -> None:
        """Record what an apply is about to set; a later try of the same apply adds to its record."""
        key = keys.policy_applied(connector)
        made = Applied(job=job, at=int(at.timestamp() * 1000), policy=policy, changes=tuple(changes))
        earlier = cast("str | None", self._client.hget(key, job))
        if earlier is not None:
            made = _decode(job, earlier).with_more(made)
        self._client.hset(key, job, made.encoded())
        self._forget_oldest(connector)

    def find(self, connector: str, job: str | None) -> Applied | None:
        """An apply, or the newest; None when it is not kept."""
        kept = self._kept(self._all(connector))
        if job is None:
            return kept[-1] if kept else None
        return next((applied for applied in kept if applied.job == job), None)

    def last_set(self, connector: str, policy: str) -> dict[str, PolicyValue | None]:
        """What each parameter of a policy was set to last, from here."""
        found, start = self._all(connector), f"{_SET}{policy}:"
        values = {
            name.removeprefix(start): decoded(json.loads(v)) for name, v in found.items() if name.startswith(start)
        }
        for applied in self._kept(found):
            if applied.policy == policy:
                values |= {change.parameter: change.wanted for change in applied.changes}
        return values

    def _all(self, connector: str) -> dict[str, str]:
        return cast("dict[str, str]", self._client.hgetall(keys.policy_applied(connector)))

    @staticmethod
    def _kept(found: dict[str, str]) -> list[Applied]:
        """The applies, the oldest first."""
        applies = [_decode(name, text) for name, text in found.items() if not name.startswith(_SET)]
        return sorted(applies, key=lambda applied: applied.at)

    def _forget_oldest(self, connector: str) -> None:
        key = keys.policy_applied(connector)
        for applied in self._kept(self._all(connector))[:-MOST_KEPT]:
            for change in applied.changes:
                name = f"{_SET}{applied.policy}:{change.parameter}"
                self._client.hset(key, name, json.dumps(encoded(change.wanted)))
            self._client.hdel(key, applied.job)
