"""A command: one cmdlet with its parameters, checked against the table before it can exist.

There is no way to send script text. A cmdlet that would prompt is told not to; nobody is there to answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exconn.exchange.cmdlets import Cmdlet, ParameterSet, table
from exconn.exchange.errors import InvalidCommand
from exconn.exchange.values import Rejected, hint, wire_value


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
    if entry.prompts:
        given["Confirm"] = False


def _checked(entry: Cmdlet, name: str, value: object) -> object:
    parameter = entry.parameters.get(name)
    if parameter is None:
        raise InvalidCommand(entry.name, name, hint(value), "the cmdlet has no such parameter", "Leave it out.")
    try:
        return wire_value(parameter, value)
    except Rejected as exc:
        raise InvalidCommand(entry.name, name, hint(value), exc.rule, exc.remedy) from exc


def _check_sets(entry: Cmdlet, given: Mapping[str, object]) -> None:
    names = given.keys()

    def fits(each: ParameterSet) -> bool:
        return each.required <= names <= each.allowed

    if any(fits(each) for each in entry.sets):
        return
    lacking = min((each.required - names for each in entry.sets), key=len)
    if lacking:
        missing = ", ".join(sorted(lacking))
        raise InvalidCommand(entry.name, missing, rule="a required parameter is missing", remedy="Give it.")
    raise InvalidCommand(
        entry.name, rule="these parameters may not be given together", remedy="Use those of one parameter set."
    )
