"""What differs between the guarded settings and Exchange: pure.

One setting set in a group guards the whole group: configured values are wanted, unset ones keep what Exchange had when
the group was taken. Of a group that is not guarded as a whole only what is set is wanted. A documented default is
wanted only where the definition says so.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from exconn.connector import (
    ConnectorDefinition,
    PolicyValue,
    also_set_by,
    configured_parameters,
    guarded_in,
    is_dangerous,
)
from exconn.contracts.policy_lacking import Lacks


@dataclass(frozen=True, kw_only=True)
class Change:
    """One parameter that differs: what Exchange has (None: not set), and what is wanted.

    With `follows` Exchange changes it by itself when it is given that parameter: it is shown, and never sent.
    """

    parameter: str
    found: PolicyValue | None
    wanted: PolicyValue
    follows: str = ""

    @property
    def dangerous(self) -> bool:
        """Whether a second person must see it."""
        return is_dangerous(self.parameter, self.found, self.wanted)


def wanted_values(definition: ConnectorDefinition, kept: Mapping[str, PolicyValue | None]) -> dict[str, PolicyValue]:
    """Every guarded parameter and its wanted value; `kept` = what Exchange had when its group was taken."""
    wanted: dict[str, PolicyValue] = {}
    for group, settings in definition.policy.groups().items():
        configured = configured_parameters(group, settings)
        for parameter in guarded_in(group, settings):
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


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A parameter that is wanted and cannot be written, because Exchange does not have it here."""

    parameter: str
    wanted: PolicyValue
    why: Lacks


def writable(
    changes: Iterable[Change], shown: Container[str], taken: Container[str]
) -> tuple[tuple[Change, ...], tuple[Lacking, ...]]:
    """The changes that can be written, and what cannot: what is not `shown`, or not `taken` by the cmdlet."""
    possible, lacking = [], []
    for change in changes:
        why = Lacks.NOT_SHOWN if change.parameter not in shown else Lacks.NO_PARAMETER
        if why is Lacks.NO_PARAMETER and change.parameter in taken:
            possible.append(change)
        else:
            lacking.append(Lacking(parameter=change.parameter, wanted=change.wanted, why=why))
    return tuple(possible), tuple(lacking)


def on_or_off(shown: object) -> bool | None:
    """What Exchange shows of a parameter that is true or false; None where it is neither."""
    return shown if isinstance(shown, bool) else None


def side_effects(changes: Iterable[Change], found: Mapping[str, object]) -> Iterator[Change]:
    """What Exchange changes by itself beside these, unless it is so already or is among them."""
    named = {change.parameter for change in changes}
    for change in changes:
        other = also_set_by(change.parameter, change.wanted)
        if other and other not in named and other in found and found[other] is not True:
            yield Change(parameter=other, found=on_or_off(found[other]), wanted=True, follows=change.parameter)
