"""Parameter binding as PowerShell does it: names without case, abbreviations, aliases, positions, sets.

A name that a role hides is refused in the same words as one that does not exist.
"""

from collections.abc import Sequence
from typing import Any

from exconn.simulator import failures
from exconn.simulator.catalog import Cmdlet, Parameter, ParameterSet, load
from exconn.simulator.invocations import Argument
from exconn.simulator.values import convert

_TRUE_COMMON = {"Debug", "Verbose"}


def bind(cmdlet: Cmdlet, visible: Sequence[str], arguments: Sequence[Argument]) -> dict[str, Any]:
    """Values by the cmdlet's own parameter names; CmdletFailed says in PowerShell's words what is wrong."""
    binder = _Binder(cmdlet, visible)
    positional = []
    for argument in _joined(binder, arguments):
        if argument.name is None:
            positional.append(argument.value)
        else:
            binder.bind_named(argument.name, argument.value)
    binder.bind_positional(positional)
    binder.check_sets()
    return binder.bound


def _joined(binder: "_Binder", arguments: Sequence[Argument]) -> list[Argument]:
    """Join a name that came without a value with the nameless value behind it: one client sends pairs so."""
    joined: list[Argument] = []
    waiting: str | None = None
    for argument in arguments:
        if argument.name is None and waiting is not None:
            joined[-1] = Argument(waiting, argument.value)
            waiting = None
            continue
        joined.append(argument)
        takes_value = argument.name is not None and argument.value is None and not binder.is_switch(argument.name)
        waiting = argument.name if takes_value else None
    return joined


class _Binder:
    def __init__(self, cmdlet: Cmdlet, visible: Sequence[str]) -> None:
        self._cmdlet = cmdlet
        self._visible = list(visible)
        self._common = load().common
        self.bound: dict[str, Any] = {}

    def is_switch(self, given: str) -> bool:
        name = self._resolve(given)
        return name in _TRUE_COMMON or (name in self._cmdlet.parameters and self._cmdlet.parameters[name].is_switch)

    def bind_named(self, given: str, value: Any) -> None:
        name = self._resolve(given)
        if name in self.bound:
            raise failures.parameter_bound_twice(self._cmdlet.name, name)
        self.bound[name] = self._converted(name, value)

    def bind_positional(self, values: list[Any]) -> None:
        for value in values:
            name = self._next_position()
            if name is None:
                raise failures.no_place_for(self._cmdlet.name, value)
            self.bound[name] = self._converted(name, value)

    def _next_position(self) -> str | None:
        for candidate in self._possible_sets():
            for name in candidate.positional:
                if name in self._visible and name not in self.bound:
                    return name
        return None

    def _resolve(self, given: str) -> str:
        """The parameter meant by a name, an alias or an unambiguous beginning of either."""
        wanted = given.strip().removeprefix("-").removesuffix(":").lower()
        names: dict[str, str] = {}
        for name in self._visible:
            for spelling in (name, *self._cmdlet.parameters[name].aliases):
                names[spelling.lower()] = name
        names.update({name.lower(): name for name in self._common})
        if wanted in names:
            return names[wanted]
        found = sorted({name for spelling, name in names.items() if wanted and spelling.startswith(wanted)})
        if not found:
            raise failures.parameter_not_found(self._cmdlet.name, given)
        if len(found) > 1:
            raise failures.parameter_ambiguous(self._cmdlet.name, given, found)
        return found[0]

    def _converted(self, name: str, value: Any) -> Any:
        parameter = self._cmdlet.parameters.get(name)
        if parameter is None:
            return True if value is None else value
        if parameter.is_switch and value is None:
            return True
        self._refuse_null(parameter, value)
        try:
            return convert(parameter, value)
        except ValueError as exc:
            raise failures.argument_invalid(self._cmdlet.name, name, str(exc)) from exc

    def _refuse_null(self, parameter: Parameter, value: Any) -> None:
        required = any(parameter.name in s.required for s in self._cmdlet.sets)
        nullable = parameter.type not in ("Boolean", "Int32") or parameter.default == "$null"
        if value is None and (required or not nullable):
            raise failures.argument_null(self._cmdlet.name, parameter.name)

    def _possible_sets(self) -> list[ParameterSet]:
        own = {name for name in self.bound if name in self._cmdlet.parameters}
        return [s for s in self._cmdlet.sets if own <= s.parameters]

    def check_sets(self) -> None:
        possible = self._possible_sets()
        if not possible:
            raise failures.no_parameter_set(self._cmdlet.name)
        missing = [sorted(s.required - self.bound.keys()) for s in possible]
        if all(missing):
            raise failures.parameters_missing(self._cmdlet.name, min(missing, key=len))
