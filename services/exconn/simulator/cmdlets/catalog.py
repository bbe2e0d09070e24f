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
    #: Numbers of the accepted values, where the page gives them.
    numbers: dict[str, int]
    default: str | None
    takes_null: bool
    multivalued: bool
    adds_and_removes: bool
    filterable: tuple[str, ...]
    from_pipeline: bool

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
    """Read the table that the client reads too, and the simulator's own."""
    # By the namespace, because naming the package would import the client.
    content = json.loads(
        files("exconn").joinpath("exchange").joinpath("cmdlets").joinpath("cmdlets.json").read_text("utf-8")
    )
    # What only administrators ask for is described here, and not in the client's table.
    own = json.loads(files("exconn.simulator.cmdlets").joinpath("own_cmdlets.json").read_text("utf-8"))
    raw_cmdlets = content["cmdlets"] | own
    for raw in raw_cmdlets.values():
        if raw.get("successor"):
            _complete(raw, raw_cmdlets[raw["successor"]])
    cmdlets = {name: _cmdlet(name, raw) for name, raw in raw_cmdlets.items()}
    return Table(cmdlets, tuple(content["common_parameters"]))


#: How the older family spells what the newer one has shortened, in that order of looking.
_OLDER_WORDS = (("DevicePassword", "Password"), ("DeviceLock", "Lock"), ("SimpleDevice", "Simple"))


def _complete(older: dict[str, Any], newer: dict[str, Any]) -> None:
    """Limits and values that the older page leaves out are the newer one's, as administrators find them."""
    for name, raw in older["parameters"].items():
        if raw.get("ranges") or raw.get("accepted_values"):
            continue
        renamed = name
        for long, short in _OLDER_WORDS:
            renamed = renamed.replace(long, short)
        twin = newer["parameters"].get(name) or newer["parameters"].get(renamed, {})
        for key in ("ranges", "accepted_values"):
            if key in twin and twin["type"] == raw["type"]:
                raw[key] = twin[key]


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
    values = raw.get("accepted_values", ())
    accepted = tuple(v["value"] for v in values)
    return Parameter(
        name=name,
        type=raw["type"],
        aliases=tuple(raw.get("aliases", ())),
        applies_to=frozenset(raw["applies_to"]),
        accepted=tuple(v for v in accepted if not v.startswith(("$", "<")) and v != "Unlimited"),
        numbers={v["value"]: int(v["int"]) for v in values if "int" in v},
        takes_null=raw.get("default") == "$null" or "$null" in accepted or raw.get("accepts_null", False),
        ranges=tuple(Range(r["kind"], r.get("min"), r.get("max")) for r in raw.get("ranges", ())),
        default=raw.get("default"),
        multivalued=raw.get("multivalued", False),
        adds_and_removes=raw.get("add_remove_hashtable", False),
        filterable=tuple(raw.get("filterable_properties", ())),
        from_pipeline=raw["pipeline"],
    )


def _set(raw: dict[str, Any]) -> ParameterSet:
    return ParameterSet(
        raw["name"], frozenset(raw["parameters"]), frozenset(raw["required"]), tuple(raw.get("positional", ()))
    )


def cmdlet(name: str) -> Cmdlet:
    """The entry of one cmdlet."""
    return load().cmdlets[name]
