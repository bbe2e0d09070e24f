"""Plans on the ledger server: what would be changed, exactly; and what Exchange had when a group was taken."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from exconn.connector import GROUPS, PolicyValue, group_parameters
from exconn.contracts.policy_lacking import Lacks
from exconn.contracts.policy_towards import TO_DEFINITION, Goal, Leaves, Towards
from exconn.keyspace import keys
from exconn.keyspace.written import parsed
from exconn.policy.drift import Change, Lacking
from exconn.policy.values import decoded, decoded_all, encoded, encoded_all, shown
from exconn.policy.way_back import Left

if TYPE_CHECKING:
    import redis

#: A plan older than this must be made anew.
PLAN_KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Exactly what an apply will do: to which policy, which values, and from which.

    `side_effects` are what Exchange changes by itself then; `lacking` is what is wanted and cannot be written.
    A plan `towards` what was before has what is `left` as it is, and what of it the definition still guards.
    """

    policy: str
    revision: int
    changes: tuple[Change, ...]
    side_effects: tuple[Change, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    towards: Towards = TO_DEFINITION
    left: tuple[Left, ...] = ()
    guarded: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The settings groups that it changes, also by side effects."""
        changed = {change.parameter for change in (*self.changes, *self.side_effects)}
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
        plan: dict[str, object] = {"v": 1, "policy": self.policy, "revision": self.revision, "changes": changes}
        if self.side_effects:
            plan["also"] = [[each.parameter, each.found, each.wanted, each.follows] for each in self.side_effects]
        if self.lacking:
            plan["lacking"] = [[each.parameter, encoded(each.wanted), each.why] for each in self.lacking]
        if self.towards.goal is not Goal.DEFINITION:
            plan["towards"] = self.towards.model_dump(mode="json")
            plan["guarded"] = self.guarded
            plan["left"] = [[e.parameter, encoded(e.found), encoded(e.before), e.why] for e in self.left]
        return json.dumps(plan)

    def told(self) -> dict[str, object]:
        """What the plan's job and its application tell people; free of personal data."""
        changes = [self._shown(change) for change in (*self.changes, *self.side_effects)]
        lacking = [
            {"parameter": each.parameter, "wanted": shown(each.wanted), "why": each.why} for each in self.lacking
        ]
        return {"changes": changes} | ({"lacking": lacking} if lacking else {}) | self._told_of_the_way_back()

    def _told_of_the_way_back(self) -> dict[str, object]:
        if self.towards.goal is Goal.DEFINITION:
            return {}
        left = [
            {"parameter": each.parameter, "found": shown(each.found), "before": shown(each.before), "why": each.why}
            for each in self.left
        ]
        told: dict[str, object] = {"towards": self.towards.model_dump(mode="json", exclude_none=True)}
        lists = {"left": left, "guarded": list(self.guarded)}
        return told | {name: each for name, each in lists.items() if each}

    def _shown(self, change: Change) -> dict[str, object]:
        row = {
            "parameter": change.parameter,
            "found": shown(change.found),
            "wanted": shown(change.wanted),
            "dangerous": change.dangerous,
        }
        return {**row, "follows": change.follows} if self.side_effects else row


def decode_plan(text: str) -> Plan:
    """The plan behind `Plan.encoded`."""
    found = parsed(text)
    changes = tuple(
        Change(parameter=name, found=decoded(before), wanted=cast("PolicyValue", decoded(after)))
        for name, before, after in found["changes"]
    )
    also = tuple(
        Change(parameter=name, found=before, wanted=after, follows=follows)
        for name, before, after, follows in found.get("also", ())
    )
    lacking = tuple(
        Lacking(parameter=name, wanted=cast("PolicyValue", decoded(wanted)), why=Lacks(why))
        for name, wanted, why in found.get("lacking", ())
    )
    left = tuple(
        Left(parameter=name, found=decoded(now), before=decoded(before), why=Leaves(why))
        for name, now, before, why in found.get("left", ())
    )
    return Plan(
        policy=found["policy"],
        revision=found["revision"],
        changes=changes,
        side_effects=also,
        lacking=lacking,
        towards=Towards.model_validate(found.get("towards", {})),
        left=left,
        guarded=tuple(found.get("guarded", ())),
    )


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
        """Record what Exchange has when a group is taken, once; what was recorded, first time or not.

        What an earlier version did not know of the group is taken when it is first seen.
        """
        name = keys.policy_before(connector)
        self._client.hsetnx(name, group, json.dumps(encoded_all(values)))
        taken = decoded_all(parsed(cast("str", self._client.hget(name, group))))
        later = {parameter: value for parameter, value in values.items() if parameter not in taken}
        return taken | self.take(connector, f"{group}+", later) if later else taken

    def taken(self, connector: str, group: str) -> dict[str, PolicyValue | None]:
        """What was recorded when a group was taken; empty where nothing was."""
        text = cast("str | None", self._client.hget(keys.policy_before(connector), group))
        return self.taken(connector, f"{group}+") | decoded_all(json.loads(text)) if text else {}
