"""The cmdlet table, read once: parameters, their types, sets and limits as documented."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """A documented limit."""

    kind: str
    min: str | int | None
    max: str | int | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of one cmdlet."""

    name: str
    type: str
    aliases: tuple[str, ...]
    applies_to: frozenset[str]
    accepted: tuple[str, ...]
    ranges: tuple[Range, ...]
    default: str | None
    multivalued: bool
    adds_and_removes: bool
    filterable: tuple[str, ...]

    @property
    def is_switch(self) -> bool:
        """Whether it stands without a value."""
        return self.type == "SwitchParameter"

    @property
    def on_premises(self) -> bool:
        """Whether any version that can be simulated has it."""
        return bool(self.applies_to - {"online", "scc", "addon"})


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One way to call a cmdlet."""

    name: str
    parameters: frozenset[str]
    required: frozenset[str]
    positional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet."""

    name: str
    applies_to: frozenset[str]
    parameters: dict[str, Parameter]
    sets: tuple[ParameterSet, ...]
    should_process: bool
    confirms: bool


@dataclass(frozen=True, slots=True)
class Table:
    """All cmdlets, and the parameters that every one has."""

    cmdlets: dict[str, Cmdlet]
    common: tuple[str, ...]


@cache
def load() -> Table:
    """Read the table that the client reads too."""
    # By the namespace, because naming the package would import the client.
    content = json.loads(files("exconn").joinpath("exchange").joinpath("cmdlets.json").read_text("utf-8"))
    cmdlets = {name: _cmdlet(name, raw) for name, raw in content["cmdlets"].items()}
    return Table(cmdlets, tuple(content["common_parameters"]))


def _cmdlet(name: str, raw: dict[str, Any]) -> Cmdlet:
    return Cmdlet(
        name=name,
        applies_to=frozenset(raw["applies_to"]),
        parameters={n: _parameter(n, p) for n, p in raw["parameters"].items()},
        sets=tuple(_set(s) for s in raw["parameter_sets"]),
        should_process=raw["supports_should_process"],
        confirms=raw["confirm_by_default"],
    )


def _parameter(name: str, raw: dict[str, Any]) -> Parameter:
    accepted = tuple(v["value"] for v in raw.get("accepted_values", ()))
    return Parameter(
        name=name,
        type=raw["type"],
        aliases=tuple(raw.get("aliases", ())),
        applies_to=frozenset(raw["applies_to"]),
        accepted=tuple(v for v in accepted if not v.startswith(("$", "<"))),
        ranges=tuple(Range(r["kind"], r.get("min"), r.get("max")) for r in raw.get("ranges", ())),
        default=raw.get("default"),
        multivalued=raw.get("multivalued", False),
        adds_and_removes=raw.get("add_remove_hashtable", False),
        filterable=tuple(raw.get("filterable_properties", ())),
    )


def _set(raw: dict[str, Any]) -> ParameterSet:
    return ParameterSet(
        raw["name"], frozenset(raw["parameters"]), frozenset(raw["required"]), tuple(raw.get("positional", ()))
    )


def cmdlet(name: str) -> Cmdlet:
    """The entry of one cmdlet."""
    return load().cmdlets[name]
