"""One parameter value: is it what the table allows, and how does it travel?

`wire_value` answers both: the value to send (str, bool, int, list, dict, None), or `Rejected` with the broken rule.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from exconn.exchange.cmdlets import Parameter, Range
from exconn.exchange.timespans import format_timespan, parse_timespan

UNLIMITED = "Unlimited"
#: Integers travel as Int32.
INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ListChange:
    """An edit of a multi-valued property: `@{Add=…; Remove=…}` instead of overwriting the list."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Rejected(Exception):
    """A value that must not be sent; the command turns it into `InvalidCommand`."""

    def __init__(self, rule: str, remedy: str = "Correct the value.") -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


def hint(value: object) -> str:
    """What may be said of a refused value: its type and size, never its content."""
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
    if not -INT32_MAX <= value <= INT32_MAX:
        raise Rejected("it does not fit into 32 bits")
    for rule in parameter.ranges:
        if rule.kind in ("integer", "bytes"):
            _check_range(rule, value, int)
    return value


def _span(parameter: Parameter, value: object) -> str:
    if not isinstance(value, timedelta):
        raise Rejected("it must be a time span")
    for rule in parameter.ranges:
        if rule.kind == "timespan":
            _check_range(rule, value, parse_timespan)
    return format_timespan(value)


def _unlimited(parameter: Parameter, value: object) -> object:
    if value == UNLIMITED:
        return UNLIMITED
    kinds = {rule.kind for rule in parameter.ranges}
    spans = parameter.timespan or "timespan" in kinds
    if isinstance(value, timedelta) and (spans or not kinds):
        return _span(parameter, value)
    if isinstance(value, int) and not spans:
        return _integer(parameter, value)
    raise Rejected(f"it must be a {'time span' if spans else 'whole number'} or the word {UNLIMITED}")


def _text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        raise Rejected("it must be text")
    if "\x00" in value:
        raise Rejected("it contains a zero character")
    for rule in parameter.ranges:
        if rule.kind == "length":
            _check_range(rule, len(value), int)
    words = [word for word in parameter.accepted if not word.startswith(("$", "<"))]
    if words and value not in words:
        raise Rejected(f"it must be one of {', '.join(words)}")
    return value


def _identity(parameter: Parameter, value: object) -> str:
    text = str(value) if isinstance(value, uuid.UUID) else _text(parameter, value)
    if not text.strip():
        # An empty identity on a Get- cmdlet returns every object.
        raise Rejected("the identity is empty", "Name exactly one object.")
    if "*" in text:
        raise Rejected("the identity contains a wildcard", "Name exactly one object.")
    return text


def _list(parameter: Parameter, value: object) -> object:
    if isinstance(value, ListChange):
        if not parameter.add_remove:
            raise Rejected("the page does not document Add and Remove for it", "Give the whole list.")
        edits = {"Add": list(value.add), "Remove": list(value.remove)}
        return {name: _items(parameter, items) for name, items in edits.items() if items}
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, Sequence):
        raise Rejected("it must be a list of texts")
    return _items(parameter, items)


def _items(parameter: Parameter, items: Sequence[object]) -> list[str]:
    texts = [_text(parameter, item) for item in items]
    if any(not text.strip() for text in texts):
        raise Rejected("it contains an empty text")
    return texts


def _guid(_parameter: Parameter, value: object) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError as exc:
        raise Rejected("it must be a GUID") from exc


_BY_TYPE: dict[str, Callable[[Parameter, object], object]] = {
    "Boolean": _boolean,
    "System.Boolean": _boolean,
    "SwitchParameter": _boolean,
    "Int32": _integer,
    "Unlimited": _unlimited,
    "EnhancedTimeSpan": _span,
    "Guid": _guid,
}
#: Types that need more than a plain value; no caller of ours uses them.
_UNSUPPORTED = frozenset({"PSCredential", "RunspaceServerSettingsPresentationObject"})


def wire_value(parameter: Parameter, value: object) -> object:
    """The value to send for this parameter; `Rejected` when it breaks a rule of the table."""
    if parameter.type_name in _UNSUPPORTED:
        raise Rejected(f"values of type {parameter.type_name} are not supported", "Leave it out.")
    if value is None:
        _check_null(parameter)
        return None
    if parameter.is_identity:
        return _identity(parameter, value)
    if parameter.is_list:
        return _list(parameter, value)
    return _BY_TYPE.get(parameter.type_name, _text)(parameter, value)


def _check_null(parameter: Parameter) -> None:
    """`$null` clears a list, or returns a mailbox to the default policy; elsewhere only where the page says so."""
    clears = parameter.is_list or parameter.accepts_null or parameter.name in _CLEARED_BY_NULL
    if parameter.name == "Identity" or not clears:
        raise Rejected("it may not be null", "Leave the parameter out, or give a value.")


#: Documented in the description of the parameter: `$null` returns the mailbox to the default policy.
_CLEARED_BY_NULL = frozenset({"ActiveSyncMailboxPolicy"})
