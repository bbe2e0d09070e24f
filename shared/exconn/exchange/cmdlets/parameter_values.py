"""One parameter value: is it what the table allows, and how does it travel?

`wire_value` answers both: the value to send (str, bool, int, list, dict, Credential, None), or `Rejected` with the
broken rule. Sizes are given in bytes, time spans as timedelta; both travel as texts, as Exchange's pages write them.
"""

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr

from exconn.exchange.clixml.timespans import format_timespan, parse_timespan
from exconn.exchange.cmdlets.table import Form, Parameter, Range

UNLIMITED = "Unlimited"
#: Integers travel as Int32.
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
_KB = 1024

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})){0,20}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
#: Characters that end a line in a text would end a rule of somebody who reads logs, too.
_LINE_BREAKS = "\r\n\t"
#: A role entry is named `<role>\<cmdlet>`; its page documents wildcards, and nothing but Get- takes one.
_WILDCARDS_DOCUMENTED = frozenset({"RoleEntryIdParameter"})


@dataclass(frozen=True, slots=True)
class ListChange:
    """An edit of a multi-valued property: `@{Add=…; Remove=…}` instead of overwriting the list."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credential:
    """An account for another forest; the password travels encrypted with the session's key."""

    username: str
    password: SecretStr


class Rejected(Exception):
    """A value that must not be sent; the command turns it into `InvalidCommand`."""

    def __init__(self, rule: str, remedy: str = "Correct the value.") -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


#: Forms whose values are settings of Exchange, never somebody's name or number.
_IMPERSONAL = frozenset(
    {Form.SWITCH, Form.BOOLEAN, Form.INTEGER, Form.SPAN, Form.LIMITED_INTEGER, Form.LIMITED_SPAN, Form.LIMITED_SIZE}
)


def hint(parameter: Parameter | None, value: object) -> str:
    """What may be said of a refused value: itself where it can not be personal, else its type and size."""
    impersonal = parameter is not None and parameter.form in _IMPERSONAL
    if impersonal and (value is None or isinstance(value, (bool, int, float, timedelta))):
        return str(value)[:40]
    words = parameter is not None and bool(parameter.accepted)
    if (words or impersonal) and isinstance(value, str) and _WORD.fullmatch(value):
        return value
    name = type(value).__name__
    return f"{name} of length {len(value)}" if isinstance(value, (str, bytes, list, tuple)) else name


def _boolean(_parameter: Parameter, value: object) -> bool:
    if not isinstance(value, bool):
        raise Rejected("it must be true or false")
    return value


def _check_range(rule: Range, size: Any, parse: Callable[[str], Any]) -> None:
    low = None if rule.minimum is None else parse(rule.minimum)
    high = None if rule.maximum is None else parse(rule.maximum)
    if (low is not None and size < low) or (high is not None and size > high):
        raise Rejected(f"it must lie between {rule.minimum or 'any'} and {rule.maximum or 'any'}")


def _integer(parameter: Parameter, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected("it must be a whole number")
    if not INT32_MIN <= value <= INT32_MAX:
        raise Rejected("it does not fit into 32 bits")
    for rule in parameter.ranges:
        if rule.kind in ("integer", "bytes"):
            _check_range(rule, value, int)
    return value


def _span(parameter: Parameter, value: object) -> str:
    if not isinstance(value, timedelta):
        raise Rejected("it must be a time span")
    if value.microseconds:
        raise Rejected("it must be whole seconds")
    for rule in parameter.ranges:
        if rule.kind == "timespan":
            _check_range(rule, value, parse_timespan)
    return format_timespan(value)


def _size(parameter: Parameter, value: object) -> object:
    """Bytes; whole kilobytes travel with their unit, so that no reading of a bare number can be wrong."""
    size = _integer(parameter, value)
    return size if size % _KB else f"{size // _KB}KB"


def _limited(inner: Callable[[Parameter, object], object], words: str) -> Callable[[Parameter, object], object]:
    def checked(parameter: Parameter, value: object) -> object:
        if value == UNLIMITED:
            return UNLIMITED
        if isinstance(value, str):
            raise Rejected(f"it must be a {words} or the word {UNLIMITED}")
        return inner(parameter, value)

    return checked


def _text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        raise Rejected("it must be text")
    if any(c not in _LINE_BREAKS and unicodedata.category(c) in ("Cc", "Cs") for c in value):
        raise Rejected("it contains a control character")
    for rule in parameter.ranges:
        if rule.kind == "length":
            _check_range(rule, len(value), int)
    if parameter.properties and value not in parameter.properties:
        raise Rejected(f"it must be one of {', '.join(parameter.properties)}")
    return value


def _word(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        raise Rejected("it must be text")
    if parameter.accepted and value not in parameter.accepted:
        raise Rejected(f"it must be one of {', '.join(parameter.accepted)}")
    if _WORD.fullmatch(value) is None:
        raise Rejected("it must be one word")
    return value


def _identity(parameter: Parameter, value: object) -> str:
    text = str(value) if isinstance(value, uuid.UUID) else _text(parameter, value)
    if not text.strip():
        # An empty identity on a Get- cmdlet returns every object.
        raise Rejected("the identity is empty", "Name exactly one object.")
    if "*" in text and parameter.type_name not in _WILDCARDS_DOCUMENTED:
        raise Rejected("the identity contains a wildcard", "Name exactly one object.")
    return text


def _list(parameter: Parameter, value: object) -> object:
    if isinstance(value, ListChange):
        return _edit(parameter, value)
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, Sequence) or isinstance(items, (bytes, bytearray)):
        raise Rejected("it must be a list of texts")
    return _items(parameter, items)


def _edit(parameter: Parameter, change: ListChange) -> dict[str, list[str]]:
    if not parameter.add_remove:
        raise Rejected("the page does not document Add and Remove for it", "Give the whole list.")
    edits = {"Add": list(change.add), "Remove": list(change.remove)}
    checked = {name: _items(parameter, items) for name, items in edits.items() if items}
    if not checked:
        raise Rejected("the change neither adds nor removes anything", "Leave it out.")
    both = {item.lower() for item in checked.get("Add", ())} & {item.lower() for item in checked.get("Remove", ())}
    if both:
        raise Rejected("the change adds and removes the same", "Decide for one of them.")
    return checked


def _items(parameter: Parameter, items: Sequence[object]) -> list[str]:
    texts = [_word(parameter, item) if parameter.form is Form.WORDS else _text(parameter, item) for item in items]
    if any(not text.strip() for text in texts):
        raise Rejected("it contains an empty text")
    return texts


def _guid(_parameter: Parameter, value: object) -> str:
    try:
        return str(value if isinstance(value, uuid.UUID) else uuid.UUID(_text(_parameter, value)))
    except ValueError as exc:
        raise Rejected("it must be a GUID") from exc


def _matching(pattern: re.Pattern[str], rule: str) -> Callable[[Parameter, object], str]:
    def checked(parameter: Parameter, value: object) -> str:
        text = _text(parameter, value)
        if pattern.fullmatch(text) is None:
            raise Rejected(rule)
        return text

    return checked


def _credential(_parameter: Parameter, value: object) -> Credential:
    if not isinstance(value, Credential) or not value.username:
        raise Rejected("it must be a credential", "Give a Credential, whose password is never shown or logged.")
    return value


def _object(parameter: Parameter, _value: object) -> object:
    raise Rejected(
        f"it takes an object of type {parameter.type_name}, which exists only inside the shell",
        "Give its settings one by one.",
    )


_BY_FORM: Mapping[Form, Callable[[Parameter, object], object]] = MappingProxyType(
    {
        Form.SWITCH: _boolean,
        Form.BOOLEAN: _boolean,
        Form.INTEGER: _integer,
        Form.SPAN: _span,
        Form.LIMITED_INTEGER: _limited(_integer, "whole number"),
        Form.LIMITED_SPAN: _limited(_span, "time span"),
        Form.LIMITED_SIZE: _limited(_size, "number of bytes"),
        Form.IDENTITY: _identity,
        Form.GUID: _guid,
        Form.HOST: _matching(_HOST, "it must be a host name"),
        Form.ADDRESS: _matching(_MAIL, "it must be a mail address"),
        Form.TEXT: _text,
        Form.WORD: _word,
        Form.TEXTS: _list,
        Form.WORDS: _list,
        Form.CREDENTIAL: _credential,
        Form.OBJECT: _object,
    }
)


def wire_value(parameter: Parameter, value: object) -> object:
    """The value to send for this parameter; `Rejected` when it breaks a rule of the table."""
    if value is None:
        _check_null(parameter)
        return None
    return _BY_FORM[parameter.form](parameter, value)


def _check_null(parameter: Parameter) -> None:
    """`$null` clears a list, or returns a mailbox to the default policy; elsewhere only where the page says so."""
    clears = parameter.is_list or parameter.accepts_null or parameter.name in _CLEARED_BY_NULL
    if parameter.name == "Identity" or not clears:
        raise Rejected("it may not be null", "Leave the parameter out, or give a value.")


#: Documented in the description of the parameter: `$null` returns the mailbox to the default policy.
_CLEARED_BY_NULL = frozenset({"ActiveSyncMailboxPolicy"})
