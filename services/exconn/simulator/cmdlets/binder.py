"""Parameter binding as PowerShell does it: names without case, abbreviations, aliases, positions, sets, the pipeline.

A name that a role hides is refused in the same words as one that does not exist.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.catalog import Cmdlet, Parameter, ParameterSet, load
from exconn.simulator.cmdlets.common_parameters import COMMON_ALIASES, COMMON_SWITCHES, common_value
from exconn.simulator.cmdlets.piping import Piped
from exconn.simulator.cmdlets.values import OutOfRange, Unconvertible, convert
from exconn.simulator.errors import CmdletFailed
from exconn.simulator.protocol.invocations import Argument

Bound = dict[str, Any]


def bind(cmdlet: Cmdlet, visible: Sequence[str], arguments: Sequence[Argument]) -> Bound:
    """Values by the cmdlet's own parameter names; CmdletFailed says in PowerShell's words what is wrong."""
    binder = _bound_by_arguments(cmdlet, visible, arguments)
    binder.check_sets()
    return binder.bound


def bind_each(
    cmdlet: Cmdlet, visible: Sequence[str], arguments: Sequence[Argument], objects: Iterator[Piped]
) -> Iterator[Bound | CmdletFailed]:
    """The same for each object of the pipeline; one that can not be bound is an error of its own."""
    arguments = tuple(arguments)
    # What is wrong whatever comes through the pipeline ends the command before anything does.
    _bound_by_arguments(cmdlet, visible, arguments).check_sets(but=_piped_names(cmdlet, visible))
    for each in objects:
        binder = _bound_by_arguments(cmdlet, visible, arguments)
        try:
            binder.bind_piped(each)
            binder.check_sets()
        except CmdletFailed as failure:
            yield failure
        else:
            yield binder.bound


def _bound_by_arguments(cmdlet: Cmdlet, visible: Sequence[str], arguments: Sequence[Argument]) -> "_Binder":
    binder = _Binder(cmdlet, visible)
    positional = []
    for argument in _joined(binder, arguments):
        if argument.name is None:
            positional.append(argument.value)
        else:
            binder.bind_named(argument.name, argument.value)
    binder.bind_positional(positional)
    return binder


def _joined(binder: "_Binder", arguments: Sequence[Argument]) -> list[Argument]:
    """Join a name that came without a value with the nameless value behind it: one client sends pairs so.

    A switch takes the value behind it only with a colon, as in `-Confirm:$false`.
    """
    joined: list[Argument] = []
    waiting: str | None = None
    for argument in arguments:
        if argument.name is None and waiting is not None:
            joined[-1] = Argument(waiting, argument.value)
            waiting = None
            continue
        joined.append(argument)
        bare = argument.name is not None and argument.value is None
        takes = bare and (str(argument.name).rstrip().endswith(":") or not binder.is_switch(str(argument.name)))
        waiting = argument.name if takes else None
    return joined


def _piped_names(cmdlet: Cmdlet, visible: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name in visible if cmdlet.parameters[name].from_pipeline)


class _Binder:
    def __init__(self, cmdlet: Cmdlet, visible: Sequence[str]) -> None:
        self._cmdlet = cmdlet
        self._visible = list(visible)
        self._common = load().common
        self._names = self._spellings()
        self.bound: Bound = {}

    def _spellings(self) -> Mapping[str, str]:
        """Every way to write a parameter's name, in lower case."""
        names = {alias: name for alias, name in COMMON_ALIASES.items() if name in self._common}
        names.update({name.lower(): name for name in self._common})
        for name in self._visible:
            for spelling in (name, *self._cmdlet.parameters[name].aliases):
                names[spelling.lower()] = name
        return names

    def is_switch(self, given: str) -> bool:
        name = self._resolve(given)
        own = self._cmdlet.parameters.get(name)
        return name in COMMON_SWITCHES if own is None else own.is_switch

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

    def bind_piped(self, piped: Piped) -> None:
        """By value where a text comes, else by the property of the parameter's name."""
        for name in self._visible:
            parameter = self._cmdlet.parameters[name]
            if parameter.from_pipeline and name not in self.bound and self._is_possible(name):
                value = piped.value_for(parameter)
                if value is not None:
                    self.bound[name] = self._converted(name, value)
                    return
        raise failures.input_not_bound(self._cmdlet.name)

    def _is_possible(self, name: str) -> bool:
        return any(name in each.parameters for each in self._possible_sets())

    def _next_position(self) -> str | None:
        for candidate in self._possible_sets():
            for name in candidate.positional:
                if name in self._visible and name not in self.bound:
                    return name
        return None

    def _resolve(self, given: str) -> str:
        """The parameter meant by a name, an alias or an unambiguous beginning of either."""
        shown = given.strip().removeprefix("-").removesuffix(":")
        wanted = shown.lower()
        if wanted in self._names:
            return self._names[wanted]
        found = sorted({name for spelling, name in self._names.items() if wanted and spelling.startswith(wanted)})
        if not found:
            raise failures.parameter_not_found(self._cmdlet.name, shown)
        if len(found) > 1:
            raise failures.parameter_ambiguous(self._cmdlet.name, shown, found)
        return found[0]

    def _converted(self, name: str, value: Any) -> Any:
        parameter = self._cmdlet.parameters.get(name)
        try:
            if parameter is None:
                return common_value(name, value)
            if parameter.is_switch and value is None:
                return True
            self._refuse_null(parameter, value)
            return convert(parameter, value)
        except Unconvertible as exc:
            raise failures.argument_invalid(self._cmdlet.name, name, str(exc)) from exc
        except OutOfRange as exc:
            raise failures.argument_out_of_range(self._cmdlet.name, name, str(exc)) from exc

    def _refuse_null(self, parameter: Parameter, value: Any) -> None:
        required = any(parameter.name in s.required for s in self._cmdlet.sets)
        nullable = parameter.type not in ("Boolean", "System.Boolean", "Int32") or parameter.takes_null
        if value is None and (required or not nullable):
            raise failures.argument_null(self._cmdlet.name, parameter.name)

    def _possible_sets(self) -> list[ParameterSet]:
        own = {name for name in self.bound if name in self._cmdlet.parameters}
        return [s for s in self._cmdlet.sets if own <= s.parameters]

    def check_sets(self, but: frozenset[str] = frozenset()) -> None:
        """Is there a set that has all that was given, and is given all that it requires, apart from `but`?"""
        possible = self._possible_sets()
        if not possible:
            raise failures.no_parameter_set(self._cmdlet.name)
        missing = [sorted(s.required - self.bound.keys() - but) for s in possible]
        if all(missing):
            raise failures.parameters_missing(self._cmdlet.name, min(missing, key=len))
