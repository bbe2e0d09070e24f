"""The part of OPATH that device lists are filtered by: comparisons joined by -and or -or."""

import re
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from exconn.simulator import failures
from exconn.simulator.catalog import cmdlet
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.errors import CmdletFailed

_TERM = re.compile(
    r"^\(*\s*(?P<not>-not\s*\(*\s*)?(?P<name>\w+)\s+-(?P<op>eq|ne|like|notlike|gt|ge|lt|le)\s+"
    r"(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<bare>[^\s)]+))\s*\)*$",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\s+-(and|or)\s+", re.IGNORECASE)
_DATES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")

Matcher = Callable[[dict[str, object]], bool]


def read_filter(call: Call) -> Matcher | None:
    """The call's -Filter as a function; CmdletFailed when it can't be read."""
    text = call.get("Filter")
    if text is None:
        return None
    parts = _JOINT.split(str(text))
    joints = {j.lower() for j in parts[1::2]}
    if len(joints) > 1:
        raise _unreadable(call, text)
    terms = [_term(call, part, str(text)) for part in parts[::2]]
    quantifier = any if joints == {"or"} else all
    return lambda values: quantifier(term(values) for term in terms)


def _term(call: Call, text: str, whole: str) -> Matcher:
    match = _TERM.match(text.strip())
    if match is None:
        raise _unreadable(call, whole)
    name = match["name"].lower()
    allowed = cmdlet(call.cmdlet).parameters["Filter"].filterable
    if allowed and name not in {n.lower() for n in allowed}:
        raise _unreadable(call, whole)
    wanted = next(v for v in (match["single"], match["double"], match["bare"]) if v is not None)
    operator = match["op"].lower()
    expected = match["not"] is None
    return lambda values: _compare(operator, values.get(name), wanted) is expected


def _compare(operator: str, value: Any, wanted: str) -> bool:
    if wanted.lower() == "$null":
        return (value is None) == (operator == "eq")
    if wanted.lower() in ("$true", "$false"):
        wanted = wanted[1:]
    if operator in ("like", "notlike"):
        return fnmatchcase(str(value or "").lower(), wanted.lower()) == (operator == "like")
    left: Any = str(value or "").lower()
    right: Any = wanted.lower()
    if isinstance(value, datetime):
        left, right = value.replace(tzinfo=None), _date(wanted)
    return bool(_OPERATORS[operator](left, right))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


def _date(text: str) -> datetime:
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - filters compare in the server's UTC
        except ValueError:
            continue
    return datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=None)


def _unreadable(call: Call, text: object) -> CmdletFailed:
    return failures.argument_invalid(call.cmdlet, "Filter", f'Invalid filter syntax: "{text}".')
