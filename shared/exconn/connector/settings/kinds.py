"""The kinds of value a setting takes: what may be written for it, and what it becomes for Exchange."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from exconn.connector.settings.values import KB, NO_LIMIT, UNLIMITED, PolicyValue, Written, as_list

#: How much of a refused value is shown.
_SHOWN = 40


class ValueKind(Protocol):
    """What a setting takes, beside the word "default"."""

    @property
    def takes(self) -> str:
        """What may be written, as people read it, with unit and range."""

    def check(self, written: object) -> Written:
        """The value in its one spelling. Raises ValueError, which says what is wrong, and where the limit is from."""

    def value(self, written: Written) -> PolicyValue:
        """What it becomes."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema."""


def refused(written: object, why: str) -> ValueError:
    """An error that names the value."""
    return ValueError(f"{repr(written)[:_SHOWN]} {why}")


@dataclass(frozen=True, kw_only=True)
class OnOff:
    """True or false; `inverted` where Exchange asks the opposite question."""

    inverted: bool = False
    takes: str = "true or false"

    def check(self, written: object) -> Written:
        if not isinstance(written, bool):
            raise refused(written, "is neither true nor false")
        return written

    def value(self, written: Written) -> PolicyValue:
        return bool(written) is not self.inverted

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number of `unit`, from `low` to `high`, and "unlimited" where Exchange knows that.

    `source` says in words where the range is from.
    """

    unit: str
    low: int
    high: int
    source: str
    becomes: Callable[[int], PolicyValue] = int
    unlimited: bool = False

    @property
    def takes(self) -> str:
        return f"{self.low} to {self.high} ({self.unit})" + (f', or "{NO_LIMIT}"' if self.unlimited else "")

    def check(self, written: object) -> Written:
        if self.unlimited and written == NO_LIMIT:
            return NO_LIMIT
        if isinstance(written, bool) or not isinstance(written, int):
            raise refused(written, f"is no whole number of {self.unit}")
        if not self.low <= written <= self.high:
            raise refused(written, f"is outside {self.low} to {self.high} {self.unit}, the range of {self.source}")
        return written

    def value(self, written: Written) -> PolicyValue:
        return UNLIMITED if written == NO_LIMIT else self.becomes(int(str(written)))

    def schema(self) -> dict[str, Any]:
        number = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [number, {"const": NO_LIMIT}]} if self.unlimited else number


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """One of some words, in any case; `words` has what each becomes."""

    words: Mapping[str, PolicyValue]
    source: str

    @property
    def takes(self) -> str:
        return ", ".join(f'"{word}"' for word in self.words)

    def check(self, written: object) -> Written:
        known = {word.casefold(): word for word in self.words}
        if not isinstance(written, str) or written.casefold() not in known:
            raise refused(written, f"is none of {', '.join(self.words)}, the values of {self.source}")
        return known[written.casefold()]

    def value(self, written: Written) -> PolicyValue:
        return self.words[str(written)]

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list of texts, which replaces the one that Exchange has; an empty one clears it."""

    of: str
    most: int = 200
    longest: int = 260

    @property
    def takes(self) -> str:
        return f"a list of at most {self.most} {self.of}"

    def check(self, written: object) -> Written:
        if not isinstance(written, (list, tuple)):
            raise refused(written, "is no list")
        if len(written) > self.most:
            raise ValueError(f"{len(written)} entries are more than {self.most}, the most that exconn sends")
        for each in written:
            fits = isinstance(each, str) and each.strip() == each and each.isprintable()
            if not fits or not 0 < len(each) <= self.longest:
                raise refused(each, f"is no text of 1 to {self.longest} characters, the most that exconn sends")
        return as_list(tuple(written))

    def value(self, written: Written) -> PolicyValue:
        return as_list(written) if isinstance(written, tuple) else ()

    def schema(self) -> dict[str, Any]:
        item = {"type": "string", "minLength": 1, "maxLength": self.longest}
        return {"type": "array", "maxItems": self.most, "items": item}


def days(number: int) -> PolicyValue:
    return timedelta(days=number)


def hours(number: int) -> PolicyValue:
    return timedelta(hours=number)


def minutes(number: int) -> PolicyValue:
    return timedelta(minutes=number)


def kilobytes(number: int) -> PolicyValue:
    """Kilobytes as the bytes that the client takes, which travel with their unit."""
    return number * KB


def words(*each: str) -> dict[str, PolicyValue]:
    """Words that Exchange takes as they are."""
    return {word: word for word in each}
