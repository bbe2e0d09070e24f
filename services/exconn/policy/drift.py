"""What differs between the guarded settings and Exchange: pure.

One setting set in a group guards the whole group: configured values are wanted, unset ones keep what Exchange had when
the group was taken. A documented default is wanted only where the definition says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from exconn.connector import ConnectorDefinition, PolicyValue, group_parameters, password_parameters

#: Changes that can erase phones or lock people out: smaller is stricter.
STRICTER_WHEN_SMALLER = frozenset({"MaxPasswordFailedAttempts", "MaxInactivityTimeLock"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """One parameter that differs: what Exchange has (None: not set), and what is wanted."""

    parameter: str
    found: PolicyValue | None
    wanted: PolicyValue

    @property
    def dangerous(self) -> bool:
        """Whether a second person must see it: it can erase phones, or lock them sooner."""
        return self.parameter in STRICTER_WHEN_SMALLER and _size(self.wanted) < _size(self.found)


def wanted_values(definition: ConnectorDefinition, kept: Mapping[str, PolicyValue | None]) -> dict[str, PolicyValue]:
    """Every guarded parameter and its wanted value; `kept` = what Exchange had when the group was taken."""
    if definition.policy.password is None:
        return {}
    configured = password_parameters(definition.policy.password)
    wanted: dict[str, PolicyValue] = {}
    for parameter in group_parameters("password"):
        value = configured.get(parameter, kept.get(parameter))
        if value is not None:
            wanted[parameter] = value
    return wanted


def drift(found: Mapping[str, PolicyValue | None], wanted: Mapping[str, PolicyValue]) -> tuple[Change, ...]:
    """What differs, by parameter name. A parameter that Exchange does not show cannot be compared: it differs."""
    return tuple(
        Change(parameter=name, found=found.get(name), wanted=value)
        for name, value in sorted(wanted.items())
        if found.get(name) != value
    )


def _size(value: PolicyValue | None) -> float:
    if value is None or value == "Unlimited":
        return float("inf")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value)
