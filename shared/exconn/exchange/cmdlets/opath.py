"""OPATH filters as trees, which become text in one place: what a person typed can never become part of the syntax.

    both = AllOf(where("DeviceType", "iPhone"), Negation(where("DeviceOS", "iOS 1*", Operator.LIKE, wildcards=True)))

Text values are put between single quotes with each quote doubled. What could end or change a quoted text in some
reading of PowerShell (dollar, backtick, control characters, typographic quotes) is refused. Microsoft's page
"Recipient filters in Exchange PowerShell commands" describes operators and quoting.
"""

import unicodedata
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from exconn.exchange.cmdlets.parameter_values import Rejected

LONGEST_VALUE = 1024
LONGEST_FILTER = 8192
MOST_TERMS = 100
DEEPEST = 16

#: PowerShell takes each of these for a single quote: one more way to end a text.
_TYPOGRAPHIC_QUOTES = frozenset("\u2018\u2019\u201a\u201b")
_NEVER = frozenset("$`") | _TYPOGRAPHIC_QUOTES
#: Control characters, and halves of characters, which can not be sent at all.
_NEVER_CATEGORIES = ("Cc", "Cs")
_REWORD = "Compare another property, or look through the answer yourself."


class Operator(StrEnum):
    """Comparisons; those of texts ignore case."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    GREATER = "gt"
    AT_LEAST = "ge"
    LESS = "lt"
    AT_MOST = "le"
    LIKE = "like"
    NOT_LIKE = "notlike"


_PATTERNS = (Operator.LIKE, Operator.NOT_LIKE)
_IDENTITY = (Operator.EQUAL, Operator.NOT_EQUAL)

#: None stands for a property without a value.
Value = str | int | bool | datetime | uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One property compared with one value; `wildcards` lets `*` in the value of LIKE stand for anything."""

    property: str
    operator: Operator
    value: Value
    wildcards: bool = False


@dataclass(frozen=True, slots=True, init=False)
class AllOf:
    """True when every part is."""

    parts: tuple["Filter", ...]

    def __init__(self, *parts: "Filter") -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, slots=True, init=False)
class AnyOf:
    """True when at least one part is."""

    parts: tuple["Filter", ...]

    def __init__(self, *parts: "Filter") -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, slots=True)
class Negation:
    """True when its part is not."""

    part: "Filter"


Filter = Comparison | AllOf | AnyOf | Negation
FILTER_TYPES = (Comparison, AllOf, AnyOf, Negation)


def where(prop: str, value: Value, operator: Operator = Operator.EQUAL, *, wildcards: bool = False) -> Comparison:
    """One comparison; equality unless another operator is named."""
    return Comparison(prop, operator, value, wildcards)


def render(tree: Filter, properties: Collection[str]) -> str:
    """The filter's text, for a cmdlet that filters by these properties; `Rejected` says what may not be sent."""
    if _terms(tree, DEEPEST) > MOST_TERMS:
        raise Rejected(f"the filter has more than {MOST_TERMS} comparisons", "Ask in several steps.")
    text = _text(tree, properties)
    if len(text) > LONGEST_FILTER:
        raise Rejected(f"the filter is longer than {LONGEST_FILTER} characters", "Ask in several steps.")
    return text


def _terms(tree: Filter, left: int) -> int:
    if not left:
        raise Rejected(f"the filter is nested deeper than {DEEPEST}", "Ask in several steps.")
    if isinstance(tree, Negation):
        return _terms(tree.part, left - 1)
    if isinstance(tree, (AllOf, AnyOf)):
        return sum(_terms(part, left - 1) for part in tree.parts)
    return 1


def _text(tree: Filter, properties: Collection[str]) -> str:
    if isinstance(tree, Negation):
        return f"-not {_operand(tree.part, properties)}"
    if isinstance(tree, (AllOf, AnyOf)):
        if not tree.parts:
            raise Rejected("a part of the filter is empty", "Give it a comparison, or leave it out.")
        joint = " -and " if isinstance(tree, AllOf) else " -or "
        return joint.join(_operand(part, properties) for part in tree.parts)
    if not isinstance(tree, Comparison):
        raise Rejected("a filter is built of comparisons, never of text", "Use where(…), AllOf, AnyOf and Negation.")
    if tree.property not in properties:
        raise Rejected("the cmdlet does not filter by this property", f"Use one of {', '.join(sorted(properties))}.")
    return f"{tree.property} -{Operator(tree.operator).value} {_literal(tree)}"


def _operand(tree: Filter, properties: Collection[str]) -> str:
    """A part of a filter, in parentheses where it would be read otherwise without them."""
    text = _text(tree, properties)
    return f"({text})" if isinstance(tree, (AllOf, AnyOf)) else text


def _literal(term: Comparison) -> str:
    value = term.value
    if term.operator in _PATTERNS and not isinstance(value, str):
        raise Rejected("only text is compared with a pattern", "Use another operator.")
    if value is None or isinstance(value, bool):
        if term.operator not in _IDENTITY:
            raise Rejected("true, false and nothing have no order", "Use EQUAL or NOT_EQUAL.")
        return "$null" if value is None else f"${str(value).lower()}"
    if isinstance(value, int):
        return f"'{value}'"
    if isinstance(value, datetime):
        return f"'{_moment(value)}'"
    if isinstance(value, uuid.UUID):
        return f"'{value}'"
    if not isinstance(value, str):
        raise Rejected("a value is text, a number, a truth, a date, a GUID or nothing")
    _check_text(value, wildcards=term.wildcards and term.operator in _PATTERNS)
    return "'" + value.replace("'", "''") + "'"


def _moment(value: datetime) -> str:
    """As the pages write dates: `8/1/2017 2:00:00 PM`."""
    if value.tzinfo is None:
        raise Rejected("a date needs its time zone", "Give an aware datetime.")
    moment = value.astimezone(UTC)
    hour = moment.hour % 12 or 12
    return f"{moment.month}/{moment.day}/{moment.year:04} {hour}:{moment:%M:%S} {'PM' if moment.hour >= 12 else 'AM'}"


def _check_text(value: str, *, wildcards: bool) -> None:
    if not value:
        raise Rejected("the value is empty", "Compare with None to find what has no value.")
    if len(value) > LONGEST_VALUE:
        raise Rejected(f"the value is longer than {LONGEST_VALUE} characters", _REWORD)
    if any(character in _NEVER or unicodedata.category(character) in _NEVER_CATEGORIES for character in value):
        raise Rejected("the value has a dollar, a backtick, a typographic quote or a control character", _REWORD)
    if "*" in value and not wildcards:
        raise Rejected("the value has a wildcard", "Use LIKE with wildcards=True if it is meant to be one.")
