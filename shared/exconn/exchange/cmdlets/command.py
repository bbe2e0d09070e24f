"""A command: one cmdlet with its parameters, checked against the table before it can exist.

There is no way to send script text. A cmdlet that would prompt is told not to; nobody is there to answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exconn.exchange.cmdlets.opath import FILTER_TYPES, render
from exconn.exchange.cmdlets.parameter_values import Rejected, hint, wire_value
from exconn.exchange.cmdlets.scope import ExchangeTarget
from exconn.exchange.cmdlets.table import Cmdlet, Form, Parameter, ParameterSet, table
from exconn.exchange.errors import InvalidCommand

#: A parameter of Get-CASMailbox that changes Exchange.
_WRITES = "RecalculateHasActiveSyncDevicePartnership"


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """A checked command; raises InvalidCommand when a rule of its cmdlet is broken.

    `parameters` holds the values as they travel, after the check.
    """

    cmdlet: str
    parameters: Mapping[str, Any]

    def __init__(self, cmdlet: str, parameters: Mapping[str, object] | None = None) -> None:
        entry = _entry(cmdlet)
        given = dict(parameters or {})
        _refuse_prompts(entry, given)
        checked = {name: _checked(entry, name, value) for name, value in given.items()}
        _check_sets(entry, checked)
        object.__setattr__(self, "cmdlet", cmdlet)
        object.__setattr__(self, "parameters", MappingProxyType(checked))

    def __repr__(self) -> str:
        # Values name people; names of parameters do not.
        return f"Command({self.cmdlet} {' '.join(f'-{name}' for name in self.parameters)})"

    def check_scope(self, target: ExchangeTarget) -> None:
        """Raise InvalidCommand where the pages say that the target does not have the cmdlet or a parameter."""
        entry = table()[self.cmdlet]
        if entry.applies_to and not target.offers(entry.applies_to):
            raise InvalidCommand(self.cmdlet, rule=_outside(target, entry.applies_to), remedy="Use another cmdlet.")
        for name in self.parameters:
            applies_to = entry.parameters[name].applies_to
            if applies_to and not target.offers(applies_to):
                raise InvalidCommand(self.cmdlet, name, rule=_outside(target, applies_to), remedy="Leave it out.")

    @property
    def changes_exchange(self) -> bool:
        return table()[self.cmdlet].changes_exchange

    @property
    def identity(self) -> str:
        """The object that the command names, for hints in errors."""
        for name in ("Identity", "Mailbox"):
            if name in self.parameters:
                return str(self.parameters[name])
        return ""


def _outside(target: ExchangeTarget, applies_to: frozenset[str]) -> str:
    return f"{target} does not have it (documented for {', '.join(sorted(applies_to))})"


def _entry(cmdlet: str) -> Cmdlet:
    entry = table().get(cmdlet)
    if entry is None:
        raise InvalidCommand(cmdlet, rule="the cmdlet is not in the table", remedy="Use a cmdlet of the table.")
    return entry


def _refuse_prompts(entry: Cmdlet, given: dict[str, object]) -> None:
    if given.get("Confirm") is True:
        raise InvalidCommand(entry.name, "Confirm", "bool", "nobody can answer the prompt", "Leave it out.")
    if given.get("WhatIf"):
        # A permission is looked up, never tried out on a cmdlet that destroys.
        raise InvalidCommand(entry.name, "WhatIf", "bool", "nothing is tried out on Exchange", "Leave it out.")
    if given.get(_WRITES) is not None:
        # Documented: the mailbox's flag is corrected, by a cmdlet that is named as one that reads.
        raise InvalidCommand(entry.name, _WRITES, "bool", "it writes to each mailbox", "Leave it out.")
    if entry.prompts:
        given["Confirm"] = False


def _checked(entry: Cmdlet, name: str, value: object) -> object:
    parameter = entry.parameters.get(name)
    if parameter is None:
        raise InvalidCommand(entry.name, name, hint(None, value), "the cmdlet has no such parameter", "Leave it out.")
    try:
        return _filter(parameter, value) if parameter.form is Form.FILTER else wire_value(parameter, value)
    except Rejected as exc:
        raise InvalidCommand(entry.name, name, hint(parameter, value), exc.rule, exc.remedy) from exc


def _filter(parameter: Parameter, value: object) -> str:
    """A filter is a tree, never text: only `render` writes its syntax."""
    if not isinstance(value, FILTER_TYPES):
        raise Rejected("a filter is built of comparisons, never given as text", "Use where(…), AllOf, AnyOf, Negation.")
    if not parameter.properties:
        raise Rejected("no page says by which properties it filters", "Leave it out.")
    return render(value, parameter.properties)


def _check_sets(entry: Cmdlet, given: Mapping[str, object]) -> None:
    names = given.keys()

    def fits(each: ParameterSet) -> bool:
        return each.required <= names <= each.allowed

    if any(fits(each) for each in entry.sets):
        return
    together = [each for each in entry.sets if names <= each.allowed]
    if not together:
        raise InvalidCommand(
            entry.name,
            rule=f"these parameters may not be given together: {', '.join(f'-{name}' for name in given)}",
            remedy="Use those of one parameter set.",
        )
    lacking = [set(each.required).difference(names) for each in together]
    fewest = min(lacking, key=len)
    raise InvalidCommand(
        entry.name, ", ".join(sorted(fewest)), rule="a required parameter is missing", remedy="Give it."
    )
