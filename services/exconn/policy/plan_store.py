"""Plans on the ledger server: what would be changed, exactly; and what Exchange had when a group was taken."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from exconn.connector import GROUPS, PolicyValue, group_parameters
from exconn.keyspace import keys
from exconn.keyspace.written import parsed
from exconn.policy.drift import Change
from exconn.policy.values import decoded, decoded_all, encoded, encoded_all, shown

if TYPE_CHECKING:
    import redis

#: A plan older than this must be made anew.
PLAN_KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Exactly what an apply will do: to which policy, which values, and from which."""

    policy: str
    revision: int
    changes: tuple[Change, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The settings groups that it changes."""
        changed = {change.parameter for change in self.changes}
        return tuple(name for name in GROUPS if changed & set(group_parameters(name)))

    @property
    def dangerous(self) -> tuple[str, ...]:
        """The parameters whose change a second person must see."""
        return tuple(change.parameter for change in self.changes if change.dangerous)

    @property
    def digest(self) -> str:
        """What an approval is bound to (64 hexadecimal digits)."""
        return hashlib.sha256(self.encoded().encode()).hexdigest()

    def encoded(self) -> str:
        """The plan as JSON, always the same for the same plan."""
        changes = [[change.parameter, encoded(change.found), encoded(change.wanted)] for change in self.changes]
        return json.dumps({"v": 1, "policy": self.policy, "revision": self.revision, "changes": changes})

    def shown(self) -> list[dict[str, object]]:
        """The changes as people read them; free of personal data."""
        return [
            {
                "parameter": change.parameter,
                "found": shown(change.found),
                "wanted": shown(change.wanted),
                "dangerous": change.dangerous,
            }
            for change in self.changes
        ]


def decode_plan(text: str) -> Plan:
    """The plan behind `Plan.encoded`."""
    found = parsed(text)
    changes = tuple(
        Change(parameter=name, found=decoded(before), wanted=cast("PolicyValue", decoded(after)))
        for name, before, after in found["changes"]
    )
    return Plan(policy=found["policy"], revision=found["revision"], changes=changes)


class Plans:
    """Plans and kept values of all connectors."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def save(self, connector: str, plan_id: str, plan: Plan) -> None:
        """Keep a plan for as long as it may be applied."""
        self._client.set(keys.plan(connector, plan_id), plan.encoded(), ex=PLAN_KEPT)

    def find(self, connector: str, plan_id: str) -> Plan | None:
        """A plan, or None when it is unknown or too old."""
        text = cast("str | None", self._client.get(keys.plan(connector, plan_id)))
        return decode_plan(text) if text else None

    def take(self, connector: str, group: str, values: Mapping[str, object]) -> dict[str, PolicyValue | None]:
        """Record what Exchange has when a group is taken, once; what was recorded, first time or not."""
        name = keys.policy_before(connector)
        self._client.hsetnx(name, group, json.dumps(encoded_all(values)))
        return decoded_all(parsed(cast("str", self._client.hget(name, group))))
