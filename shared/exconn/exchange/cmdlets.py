"""The cmdlets that may be sent, and what each parameter accepts: Microsoft's published pages as data.

The table (cmdlets.json) is read once. A cmdlet or parameter that is not in it is never sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

#: Cmdlets with another verb than Get- that change only the session that runs them.
SESSION_ONLY = frozenset({"Set-ADServerSettings"})


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a value: `kind` is integer, bytes, timespan or length; the bounds are as the page writes them."""

    kind: str
    minimum: str | None
    maximum: str | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a cmdlet."""

    name: str
    type_name: str
    accepted: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    multivalued: bool = False
    add_remove: bool = False
    accepts_null: bool = False
    unit: str | None = None
    timespan: bool = False

    @property
    def is_identity(self) -> bool:
        return self.type_name.endswith("IdParameter")

    @property
    def is_list(self) -> bool:
        return self.multivalued or self.type_name.endswith(("[]", "Collection", "MultiValuedProperty"))


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Parameters that may be given together, and those that must be."""

    required: frozenset[str]
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet: its parameters, and whether it prompts or changes anything."""

    name: str
    parameters: Mapping[str, Parameter]
    sets: tuple[ParameterSet, ...]
    prompts: bool = False
    supports_should_process: bool = False
    successor: str | None = None
    applies_to: frozenset[str] = field(default_factory=frozenset)

    @property
    def changes_exchange(self) -> bool:
        return not self.name.startswith("Get-") and self.name not in SESSION_ONLY


def _range(entry: Mapping[str, Any]) -> Range:
    low, high = entry.get("min"), entry.get("max")
    return Range(entry["kind"], None if low is None else str(low), None if high is None else str(high))


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    accepted = tuple(value["value"] for value in entry.get("accepted_values", ()))
    return Parameter(
        name=name,
        type_name=entry["type"],
        accepted=accepted,
        ranges=tuple(_range(each) for each in entry.get("ranges", ())),
        multivalued=entry.get("multivalued", False),
        add_remove=entry.get("add_remove_hashtable", False),
        accepts_null=entry.get("accepts_null", False) or "$null" in accepted,
        unit=entry.get("unit"),
        timespan="timespan_format" in entry,
    )


def _cmdlet(name: str, entry: Mapping[str, Any], common: Mapping[str, Parameter]) -> Cmdlet:
    own = {key: _parameter(key, value) for key, value in entry["parameters"].items()}
    sets = tuple(
        ParameterSet(frozenset(each["required"]), frozenset(each["parameters"]) | common.keys())
        for each in entry["parameter_sets"]
    )
    return Cmdlet(
        name=name,
        parameters=MappingProxyType({**common, **own}),
        sets=sets,
        prompts=entry["confirm_by_default"],
        supports_should_process=entry["supports_should_process"],
        successor=entry.get("successor"),
        applies_to=frozenset(entry["applies_to"]),
    )


def _get_command(common: Mapping[str, Parameter]) -> Cmdlet:
    """PowerShell's own cmdlet, which tells what the session exposes; it has no page among Exchange's."""
    own = {"Name": Parameter("Name", "String[]"), "CommandType": Parameter("CommandType", "String")}
    everything = frozenset(own) | common.keys()
    return Cmdlet("Get-Command", MappingProxyType({**common, **own}), (ParameterSet(frozenset(), everything),))


@lru_cache(maxsize=1)
def table() -> Mapping[str, Cmdlet]:
    """Every cmdlet by its exact name."""
    content = json.loads(files(__package__ or __name__).joinpath("cmdlets.json").read_text("utf-8"))
    common = {name: Parameter(name, "String") for name in content["common_parameters"]}
    cmdlets = {name: _cmdlet(name, entry, common) for name, entry in content["cmdlets"].items()}
    cmdlets["Get-Command"] = _get_command(common)
    return MappingProxyType(cmdlets)
