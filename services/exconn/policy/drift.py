"""What differs between the guarded settings and Exchange: pure.

One setting set in a group guards the whole group: configured values are wanted, unset ones keep what Exchange had when
the group was taken. A documented default is wanted only where the definition says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from exconn.connector import ConnectorDefinition, PolicyValue, configured_parameters, group_parameters, is_dangerous


@dataclass(frozen=True, kw_only=True)
class Change:
    """One parameter that differs: what Exchange has (None: not set), and what is wanted."""

    parameter: str
    found: PolicyValue | None
    wanted: PolicyValue

    @property
    def dangerous(self) -> bool:
        """Whether a second person must see it."""
        return is_dangerous(self.parameter, self.found, self.wanted)


def wanted_values(definition: ConnectorDefinition, kept: Mapping[str, PolicyValue | None]) -> dict[str, PolicyValue]:
    """Every guarded parameter and its wanted value; `kept` = what Exchange had when its group was taken."""
    wanted: dict[str, PolicyValue] = {}
    for group, settings in definition.policy.groups().items():
        configured = configured_parameters(group, settings)
        for parameter in group_parameters(group):
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
