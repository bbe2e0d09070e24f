"""For every parameter of the cmdlet table: values that its page allows, as they travel, and values that it forbids.

Read from the table's file by itself, so that a mistake of the client's reader is not repeated here.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import SecretStr

from exconn.exchange import Credential, ListChange, where

GUID = "11111111-2222-3333-4444-555555555555"
ON_PREMISES = ("2010", "2013", "2016", "2019", "SE")
#: Takes an object that exists only inside a shell; there is nothing to send.
NEVER_SENT = {("Set-ADServerSettings", "RunspaceServerSettings")}
#: Nobody answers prompts, and nothing is tried out.
REFUSED_SWITCHES = {"Confirm", "RecalculateHasActiveSyncDevicePartnership", "WhatIf"}
CREDENTIAL = Credential("CORP\\reader", SecretStr("pw"))

_OLDER = {
    "DevicePasswordEnabled": "PasswordEnabled",
    "AlphanumericDevicePasswordRequired": "AlphanumericPasswordRequired",
    "MinDevicePasswordLength": "MinPasswordLength",
    "MinDevicePasswordComplexCharacters": "MinPasswordComplexCharacters",
    "MaxDevicePasswordFailedAttempts": "MaxPasswordFailedAttempts",
    "MaxInactivityTimeDeviceLock": "MaxInactivityTimeLock",
    "DevicePasswordExpiration": "PasswordExpiration",
    "DevicePasswordHistory": "PasswordHistory",
    "AllowSimpleDevicePassword": "AllowSimplePassword",
}


@dataclass(frozen=True)
class Case:
    """One parameter of one cmdlet, with what the page says."""

    cmdlet: str
    name: str
    entry: Mapping[str, Any] = field(hash=False)

    @property
    def id(self) -> str:
        return f"{self.cmdlet} -{self.name}"

    @property
    def versions(self) -> tuple[str, ...]:
        """Where it is and has an effect, of the versions that can be reached."""
        if self.entry.get("functional_only") == "cloud":
            return ()
        both = set(self.entry["applies_to"]) & set(content()["cmdlets"][self.cmdlet]["applies_to"])
        return tuple(version for version in ON_PREMISES if version in both)

    def call(self, value: object) -> dict[str, object]:
        """The parameters of a call that is right apart from this one's value."""
        return {**self.others(), self.name: value}

    def others(self) -> dict[str, object]:
        """What must be given beside it, in the first set that has it."""
        for each in content()["cmdlets"][self.cmdlet]["parameter_sets"]:
            if self.name in each["parameters"]:
                return {
                    name: next(valid(Case(self.cmdlet, name, find(self.cmdlet, name))))[0]
                    for name in each["required"]
                    if name != self.name
                }
        raise AssertionError(f"{self.id} is in no set")


@cache
def content() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("exconn.exchange.cmdlets").joinpath("cmdlets.json").read_text("utf-8"))
    return loaded


def find(cmdlet: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = content()["cmdlets"][cmdlet]["parameters"][name]
    return found


def cases() -> list[Case]:
    """Every parameter of every cmdlet."""
    return [
        Case(cmdlet, name, entry)
        for cmdlet, body in content()["cmdlets"].items()
        for name, entry in body["parameters"].items()
    ]


def _completed(case: Case) -> Mapping[str, Any]:
    """The entry, with the successor's ranges and values where the older page has none."""
    successor = content()["cmdlets"][case.cmdlet].get("successor")
    newer = content()["cmdlets"].get(successor, {}).get("parameters", {}).get(_OLDER.get(case.name, case.name), {})
    merged = dict(case.entry)
    if newer and not (case.entry.get("ranges") or case.entry.get("accepted_values")):
        taken = ("ranges", "accepted_values", "timespan_format", "size_suffixes")
        merged = {**{k: v for k, v in newer.items() if k in taken}, **case.entry}
    if case.name in _BARE_SIZES:
        merged.pop("size_suffixes", None)
        merged["ranges"] = [{**each, "kind": "integer"} for each in merged.get("ranges", ())]
    return merged


#: The pages conflict on their unit, so they travel as the number that they are given.
_BARE_SIZES = ("MaxEmailBodyTruncationSize", "MaxEmailHTMLBodyTruncationSize")


def _words(entry: Mapping[str, Any]) -> list[str]:
    values = [each["value"] for each in entry.get("accepted_values", ())]
    return [value for value in values if not value.startswith(("$", "<")) and value != "Unlimited"]


def _range(entry: Mapping[str, Any], kind: str) -> tuple[Any, Any]:
    for each in entry.get("ranges", ()):
        if each["kind"] == kind:
            return each.get("min"), each.get("max")
    return None, None


def _span(text: str) -> timedelta:
    days, _, clock = text.rpartition(".")
    hours, minutes, seconds = clock.split(":")
    return timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds))


def _limited_kind(entry: Mapping[str, Any]) -> str:
    kinds = {each["kind"] for each in entry.get("ranges", ())}
    if "timespan_format" in entry or "timespan" in kinds:
        return "timespan"
    return "bytes" if "bytes" in kinds or "size_suffixes" in entry else "integer"


def kind_of(case: Case) -> str:
    """The kind of value that the parameter takes."""
    kind = case.entry["type"]
    if case.name in ("Filter", "RecipientPreviewFilter"):
        return "filter"
    if kind.endswith("IdParameter"):
        return "identity"
    if kind in ("SwitchParameter", "Boolean", "System.Boolean"):
        return "truth"
    if kind.endswith(("[]", "Collection", "MultiValuedProperty")):
        return "list"
    named = ("Int32", "Unlimited", "EnhancedTimeSpan", "Fqdn", "Guid", "SmtpAddress", "PSCredential", "String")
    return str(kind) if kind in named else "word"


def allows_null(case: Case) -> bool:
    """Does the page allow $null?"""
    words = [each["value"] for each in case.entry.get("accepted_values", ())]
    return bool(case.entry.get("accepts_null")) or case.entry.get("default") == "$null" or "$null" in words


_VALID: dict[str, list[tuple[object, object]]] = {
    "truth": [(True, True), (False, False)],
    "EnhancedTimeSpan": [(timedelta(minutes=90), "01:30:00"), (timedelta(days=2), "2.00:00:00")],
    "identity": [("some name (object)", "some name (object)"), (GUID, GUID)],
    "Fqdn": [("dc1.corp.example", "dc1.corp.example")],
    "Guid": [(GUID, GUID)],
    "SmtpAddress": [("somebody@corp.example", "somebody@corp.example")],
    "PSCredential": [(CREDENTIAL, CREDENTIAL)],
}


def valid(case: Case) -> Iterator[tuple[object, object]]:
    """Values that the page allows, each with the form in which it travels."""
    entry, kind = _completed(case), kind_of(case)
    yield from _VALID.get(kind, [])
    if kind == "filter":
        yield from _valid_filters(case, entry)
    elif kind == "Int32":
        yield from _valid_integers(entry, "integer")
    elif kind == "Unlimited":
        yield from _valid_limited(entry)
    elif kind == "list":
        yield from _valid_lists(entry)
    elif kind in ("String", "word"):
        texts = ["AnyWord"] if kind == "word" else ["Ä text & more"]
        yield from ((text, text) for text in _words(entry) or entry.get("sortable_properties") or texts)
    if allows_null(case):
        yield None, None


def _valid_filters(case: Case, entry: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    if case.name == "Filter" and case.cmdlet != "Get-EXOCasMailbox":
        prop = (entry.get("filterable_properties") or ["DisplayName"])[0]
        yield where(prop, "O'Neill"), f"{prop} -eq 'O''Neill'"


def _valid_integers(entry: Mapping[str, Any], kind: str) -> Iterator[tuple[object, object]]:
    low, high = _range(entry, kind)
    for number in (0 if low is None else low, 2**31 - 1 if high is None else high):
        yield number, number


def _valid_limited(entry: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    yield "Unlimited", "Unlimited"
    kind = _limited_kind(entry)
    if kind == "timespan":
        low, high = _range(entry, kind)
        for text in (low, high) if low else ("1.00:00:00",):
            yield _span(text), text
    elif kind == "bytes":
        yield 0, "0KB"
        yield 2 * 1024 * 1024, "2048KB"
        yield 2 * 1024 * 1024 + 1, 2 * 1024 * 1024 + 1
    else:
        yield from _valid_integers(entry, kind)


def _valid_lists(entry: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    words = _words(entry) or (["AnyWord"] if entry["type"].endswith("Type[]") else ["a b", "§c"])
    yield words, words
    yield words[0], [words[0]]
    yield None, None
    if entry.get("add_remove_hashtable"):
        yield ListChange(add=("x",), remove=("y", "z")), {"Add": ["x"], "Remove": ["y", "z"]}


_INVALID: dict[str, list[tuple[object, str]]] = {
    "filter": [("Name -eq 'x'", "never given as text")],
    "truth": [(1, "true or false"), ("true", "true or false"), ("$true", "true or false")],
    "EnhancedTimeSpan": [(90, "time span"), ("01:30:00", "time span"), (timedelta(microseconds=1), "whole seconds")],
    "PSCredential": [("CORP\\reader:pw", "credential")],
    "Guid": [("no guid", "GUID"), (7, "text")],
}


def invalid(case: Case) -> Iterator[tuple[object, str]]:
    """Values that must not be sent, each with words of the rule that says so."""
    entry, kind = _completed(case), kind_of(case)
    yield from _INVALID.get(kind, [])
    if kind == "Int32":
        yield from _invalid_integers(entry, "integer")
    elif kind == "Unlimited":
        yield from _invalid_limited(entry)
    elif kind == "identity":
        yield from _invalid_identities(entry["type"])
    elif kind == "list":
        yield from _invalid_lists(entry)
    elif kind in ("Fqdn", "SmtpAddress", "String", "word"):
        yield from _invalid_texts(entry)
    if kind not in ("filter", "list") and not allows_null(case) and case.name != "ActiveSyncMailboxPolicy":
        yield None, "null"


def _invalid_identities(kind: str) -> Iterator[tuple[object, str]]:
    yield "", "empty"
    yield "  ", "empty"
    yield 5, "text"
    yield "a\x00b", "control character"
    if kind != "RoleEntryIdParameter":
        yield "a*", "wildcard"


def _invalid_integers(entry: Mapping[str, Any], kind: str) -> Iterator[tuple[object, str]]:
    low, high = _range(entry, kind)
    for value in ("5", 5.0, True, timedelta(5)):
        yield value, "whole number"
    yield 2**31, "32 bits"
    if low is not None:
        yield int(low) - 1, "between"
    if high is not None and high < 2**31 - 1:
        yield int(high) + 1, "between"


def _invalid_limited(entry: Mapping[str, Any]) -> Iterator[tuple[object, str]]:
    kind = _limited_kind(entry)
    yield "unlimited", "Unlimited"
    yield "512KB", "Unlimited"
    if kind != "timespan":
        yield from ((value, rule) for value, rule in _invalid_integers(entry, kind) if not isinstance(value, str))
        return
    yield 900, "time span"
    low, high = _range(entry, kind)
    if low:
        yield _span(low) - timedelta(seconds=1), "between"
        yield _span(high) + timedelta(seconds=1), "between"


def _invalid_lists(entry: Mapping[str, Any]) -> Iterator[tuple[object, str]]:
    blank = "word" if entry["type"].endswith("Type[]") else "empty"
    yield ["ok", " "], "one of" if _words(entry) else blank
    yield 7, "list of texts"
    yield ["ok", 7], "one of" if _words(entry) else "text"
    yield ListChange(), "neither adds" if entry.get("add_remove_hashtable") else "Add and Remove"
    if not entry.get("add_remove_hashtable"):
        yield ListChange(add=("x",)), "Add and Remove"


def _invalid_texts(entry: Mapping[str, Any]) -> Iterator[tuple[object, str]]:
    yield 5, "text"
    if _words(entry):
        yield "NoSuchWord", "one of"
    elif entry.get("sortable_properties"):
        yield "NoSuchProperty", "one of"
    elif entry["type"] in ("Fqdn", "SmtpAddress"):
        yield "no host; at all", "it must be a"
    elif entry["type"] == "String":
        yield "a\x07b", "control character"
    else:
        yield "two words", "one word"
    _, longest = _range(entry, "length")
    if longest is not None:
        yield "x" * (longest + 1), "between"
