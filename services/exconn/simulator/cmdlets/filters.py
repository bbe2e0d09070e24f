"""Lists filtered by an OPATH filter: which objects it is true of."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from exconn.simulator.cmdlets import failures, opath
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.catalog import cmdlet
from exconn.simulator.errors import CmdletFailed

_DATES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")
#: Properties that hold a date, wherever they are filterable.
_MOMENTS = {"firstsynctime", "lastupdatetime", "whenchanged", "whenchangedutc", "whencreated", "whencreatedutc"}
_SYSTEM: dict[str, bool | None] = {"true": True, "false": False, "null": None}

#: Properties by their names in lower case.
Properties = Mapping[str, object]
Matcher = Callable[[Properties], bool]


def read_filter(call: Call) -> Matcher | None:
    """The call's -Filter as a function; CmdletFailed when it can't be read, or compares what is not filterable."""
    text = call.get("Filter")
    if text is None:
        return None
    try:
        tree = opath.parse(str(text))
    except opath.Unreadable as problem:
        raise _refused(call, f'Invalid filter syntax. For a description of the filter parameter syntax see the '
                             f'command help.\r\n"{text}": {problem}.') from problem  # fmt: skip
    allowed = {name.lower() for name in cmdlet(call.cmdlet).parameters["Filter"].filterable}
    for term in opath.comparisons(tree):
        if allowed and term.property.lower() not in allowed:
            raise _refused(call, f'The property "{term.property}" is not a recognized filterable property.')
        if term.property.lower() in _MOMENTS and not _is_date(term.value):
            raise _refused(call, f'Cannot convert value "{term.value.text}" to type "System.DateTime".')
    return lambda values: is_true(tree, values)


def _refused(call: Call, problem: str) -> CmdletFailed:
    return failures.argument_invalid(call.cmdlet, "Filter", problem)


def is_true(tree: opath.Node, values: Properties) -> bool:
    """Whether the filter is true of an object with these properties."""
    if isinstance(tree, opath.Not):
        return not is_true(tree.part, values)
    if isinstance(tree, opath.Joint):
        left = is_true(tree.left, values)
        if tree.joint == "and":
            return left and is_true(tree.right, values)
        return left or is_true(tree.right, values)
    present = values.get(tree.property.lower())
    if isinstance(present, list | tuple):
        return _of_several(tree, present)
    return _compared(tree.operator, present, tree.value)


def _of_several(term: opath.Comparison, present: "list[Any] | tuple[Any, ...]") -> bool:
    """Documented: a multivalued property matches when it contains the value."""
    if term.operator in ("ne", "notlike"):
        opposite = "eq" if term.operator == "ne" else "like"
        return not any(_compared(opposite, each, term.value) for each in present or [None])
    return any(_compared(term.operator, each, term.value) for each in present or [None])


def _compared(operator: str, present: Any, wanted: opath.Value) -> bool:
    if operator in ("like", "notlike"):
        return _is_like(_shown(present), wanted.text) == (operator == "like")
    if wanted.kind == "system":
        return _is_same(present, _SYSTEM[wanted.text]) == (operator == "eq")
    if present is None:
        return operator == "ne"
    left, right = _comparable(present, wanted.text)
    return bool(_OPERATORS[operator](left, right))


def _is_same(present: Any, wanted: bool | None) -> bool:
    if wanted is None:
        return present is None or present == ""
    return bool(present) is wanted


def _shown(present: Any) -> str:
    return "" if present is None else str(present)


def _comparable(present: Any, wanted: str) -> tuple[Any, Any]:
    """Both sides as the property's type; as texts without case where the value is none of that type."""
    if isinstance(present, datetime):
        moment = present if present.tzinfo else present.replace(tzinfo=UTC)
        return moment, _date(wanted)
    if isinstance(present, bool):
        return str(present).lower(), wanted.lower().removeprefix("$")
    if isinstance(present, int) and wanted.lstrip("-").isdecimal():
        return present, int(wanted)
    return _shown(present).lower(), wanted.lower()


def _is_like(present: str, pattern: str) -> bool:
    """Only `*` stands for something, as many times as it is there."""
    first, *rest = pattern.lower().split("*")
    text = present.lower()
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    *middle, last = rest
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(last) and text.endswith(last)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


def _is_date(value: opath.Value) -> bool:
    if value.kind == "system":
        return value.text == "null"
    try:
        _date(value.text)
    except ValueError:
        return False
    return True


def _date(text: str) -> datetime:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
