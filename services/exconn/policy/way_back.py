"""Which values can be put back, and which are left as they are: pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from exconn.connector import PolicyValue
from exconn.contracts.policy_towards import Leaves
from exconn.policy.drift import Change

Values = Mapping[str, PolicyValue | None]


@dataclass(frozen=True, kw_only=True)
class Left:
    """A parameter that does not have its value of before, and is left as it is."""

    parameter: str
    found: PolicyValue | None
    before: PolicyValue | None
    why: Leaves


def way_back(found: Values, before: Values, last_set: Values) -> tuple[tuple[Change, ...], tuple[Left, ...]]:
    """What is put back from `found` to `before`, and what is left, by parameter name.

    Only what still shows as it was `last_set` from here is put back: everything else somebody else has decided since.
    """
    changes, left = [], []
    for name, wanted in sorted(before.items()):
        now = found.get(name)
        if now == wanted:
            continue
        why = _left_for(name, now, wanted, last_set)
        if why is None and wanted is not None:
            changes.append(Change(parameter=name, found=now, wanted=wanted))
        else:
            left.append(Left(parameter=name, found=now, before=wanted, why=why or Leaves.WAS_NOT_SET))
    return tuple(changes), tuple(left)


def _left_for(name: str, now: PolicyValue | None, wanted: PolicyValue | None, last_set: Values) -> Leaves | None:
    if name not in last_set:
        return Leaves.NOT_SET_HERE
    if now != last_set[name]:
        return Leaves.CHANGED_SINCE
    return Leaves.WAS_NOT_SET if wanted is None else None
