"""The cmdlets that may be sent, and what each parameter accepts: Microsoft's published pages as data.

The table (cmdlets.json) is read once. A cmdlet or parameter that is not in it is never sent. Where the page of an
older policy cmdlet gives no range or list of values, the one of its successor stands in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from exconn.exchange.cmdlets.filterable import FILTERABLE

#: Cmdlets with another verb than Get- that change only the session that runs them.
SESSION_ONLY = frozenset({"Set-ADServerSettings"})

#: Policy parameters whose names differ: the newer name -> the older one.
OLDER_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "PasswordEnabled": "DevicePasswordEnabled",
        "AlphanumericPasswordRequired": "AlphanumericDevicePasswordRequired",
        "MinPasswordLength": "MinDevicePasswordLength",
        "MinPasswordComplexCharacters": "MinDevicePasswordComplexCharacters",
        "MaxPasswordFailedAttempts": "MaxDevicePasswordFailedAttempts",
        "MaxInactivityTimeLock": "MaxInactivityTimeDeviceLock",
        "PasswordExpiration": "DevicePasswordExpiration",
        "PasswordHistory": "DevicePasswordHistory",
        "AllowSimplePassword": "AllowSimpleDevicePassword",
    }
)
NEWER_PARAMETERS: Mapping[str, str] = MappingProxyType({older: newer for newer, older in OLDER_PARAMETERS.items()})


class Form(Enum):
    """What kind of value a parameter takes."""

    SWITCH = "switch"
    BOOLEAN = "boolean"
    INTEGER = "whole number"
    SPAN = "time span"
    LIMITED_INTEGER = "whole number or Unlimited"
    LIMITED_SPAN = "time span or Unlimited"
    LIMITED_SIZE = "size in bytes or Unlimited"
    IDENTITY = "identity"
    GUID = "GUID"
    HOST = "host name"
    ADDRESS = "mail address"
    TEXT = "text"
    WORD = "word"
    TEXTS = "list of texts"
    WORDS = "list of words"
    FILTER = "filter"
    CREDENTIAL = "credential"
    OBJECT = "object of the shell"


_FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "SwitchParameter": Form.SWITCH,
        "Boolean": Form.BOOLEAN,
        "System.Boolean": Form.BOOLEAN,
        "Int32": Form.INTEGER,
        "EnhancedTimeSpan": Form.SPAN,
        "Guid": Form.GUID,
        "Fqdn": Form.HOST,
        "SmtpAddress": Form.ADDRESS,
        "String": Form.TEXT,
        "String[]": Form.TEXTS,
        "MultiValuedProperty": Form.TEXTS,
        "ProxyAddressCollection": Form.TEXTS,
        "ApprovedApplicationCollection": Form.TEXTS,
        "PSCredential": Form.CREDENTIAL,
        "RunspaceServerSettingsPresentationObject": Form.OBJECT,
    }
)
_FILTERS = frozenset({"Filter", "RecipientPreviewFilter"})
#: Sizes that count kilobytes by the older family's pages, and bytes by the newer one's. They travel, and are shown, as
#: a bare number, which is never turned into another unit.
UNCLEAR_SIZES = frozenset({"MaxEmailBodyTruncationSize", "MaxEmailHTMLBodyTruncationSize"})


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
    form: Form = Form.TEXT
    accepted: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    add_remove: bool = False
    accepts_null: bool = False
    unit: str | None = None
    #: What a filter may compare, or a list be sorted by.
    properties: tuple[str, ...] = ()
    applies_to: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_list(self) -> bool:
        return self.form in (Form.TEXTS, Form.WORDS)


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Parameters that may be given together, and those that must be."""

    required: frozenset[str]
    allowed: frozenset[str]
    name: str = ""


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


def _form(name: str, entry: Mapping[str, Any]) -> Form:
    type_name = entry["type"]
    if name in _FILTERS:
        return Form.FILTER
    if name in UNCLEAR_SIZES:
        return Form.LIMITED_INTEGER
    if type_name == "Unlimited":
        return _limited_form(entry)
    if type_name.endswith("IdParameter"):
        return Form.IDENTITY
    known = _FORMS.get(type_name)
    if known is not None:
        return known
    return Form.WORDS if type_name.endswith("[]") else Form.WORD


def _limited_form(entry: Mapping[str, Any]) -> Form:
    kinds = {each["kind"] for each in entry.get("ranges", ())}
    if "timespan_format" in entry or "timespan" in kinds:
        return Form.LIMITED_SPAN
    if "bytes" in kinds or "size_suffixes" in entry:
        return Form.LIMITED_SIZE
    return Form.LIMITED_INTEGER


def _applies_to(entry: Mapping[str, Any]) -> frozenset[str]:
    """Where the parameter is and has an effect."""
    named = frozenset(entry["applies_to"])
    cloud = named & {"online", "scc", "addon"}
    return {"cloud": cloud, "onprem": named - cloud}.get(entry.get("functional_only", ""), named)


def _parameter(cmdlet: str, name: str, entry: Mapping[str, Any]) -> Parameter:
    accepted = tuple(value["value"] for value in entry.get("accepted_values", ()))
    words = tuple(word for word in accepted if not word.startswith(("$", "<")) and word != "Unlimited")
    properties = entry.get("filterable_properties") or entry.get("sortable_properties") or ()
    return Parameter(
        name=name,
        type_name=entry["type"],
        form=_form(name, entry),
        accepted=words,
        ranges=tuple(_range(each) for each in entry.get("ranges", ())),
        add_remove=entry.get("add_remove_hashtable", False),
        accepts_null=entry.get("accepts_null", False) or "$null" in accepted or entry.get("default") == "$null",
        unit=entry.get("unit"),
        properties=tuple(properties) or tuple(sorted(FILTERABLE.get(cmdlet, ()) if name in _FILTERS else ())),
        applies_to=_applies_to(entry),
    )


def _cmdlet(name: str, entry: Mapping[str, Any], common: Mapping[str, Parameter]) -> Cmdlet:
    own = {key: _parameter(name, key, value) for key, value in entry["parameters"].items()}
    sets = tuple(
        ParameterSet(frozenset(each["required"]), frozenset(each["parameters"]) | common.keys(), each["name"])
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


def _completed(cmdlet: Cmdlet, successor: Cmdlet) -> Cmdlet:
    """The older cmdlet with the ranges and values of its successor where its own page gives none."""
    filled = {
        name: _filled(parameter, successor.parameters.get(NEWER_PARAMETERS.get(name, name)))
        for name, parameter in cmdlet.parameters.items()
    }
    return replace(cmdlet, parameters=MappingProxyType(filled))


def _filled(parameter: Parameter, newer: Parameter | None) -> Parameter:
    if newer is None or newer.type_name != parameter.type_name or parameter.ranges or parameter.accepted:
        return parameter
    if parameter.unit == "KB":
        # The same bounds hold for the number, whatever it counts.
        bounds = tuple(replace(each, kind="integer") for each in newer.ranges)
        return replace(parameter, ranges=bounds)
    return replace(parameter, form=newer.form, ranges=newer.ranges, accepted=newer.accepted)


def _get_command(common: Mapping[str, Parameter]) -> Cmdlet:
    """PowerShell's own cmdlet, which tells what the session exposes; it has no page among Exchange's."""
    own = {"Name": Parameter("Name", "String[]", Form.TEXTS), "CommandType": Parameter("CommandType", "String")}
    everything = frozenset(own) | common.keys()
    return Cmdlet("Get-Command", MappingProxyType({**common, **own}), (ParameterSet(frozenset(), everything),))


@lru_cache(maxsize=1)
def table() -> Mapping[str, Cmdlet]:
    """Every cmdlet by its exact name."""
    content = json.loads(files(__package__ or __name__).joinpath("cmdlets.json").read_text("utf-8"))
    common = {name: Parameter(name, "String") for name in content["common_parameters"]}
    cmdlets = {name: _cmdlet(name, entry, common) for name, entry in content["cmdlets"].items()}
    for name, entry in cmdlets.items():
        if entry.successor is not None:
            cmdlets[name] = _completed(entry, cmdlets[entry.successor])
    cmdlets["Get-Command"] = _get_command(common)
    return MappingProxyType(cmdlets)
