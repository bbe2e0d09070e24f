"""What a reading lacks: a real Exchange answers a long list with its objects and an error record or two.

Who reads a list with `Gaps` gets every object that could be read, and an account of the rest. As long as there is a
gap the reading is not complete: that an object is missing from it says nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

#: Gaps that are kept one by one; beyond that they are only counted.
MOST_KEPT = 100
#: Kinds that are counted by name; the rest are counted together.
MOST_KINDS = 20
OTHER_KINDS = "other"

_SAFE = re.compile(r"[A-Za-z0-9_]{1,80}")


class GapCause(StrEnum):
    """Why something is missing."""

    ERROR_RECORD = "error_record"
    UNREADABLE = "unreadable"
    NO_GUID = "no_guid"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a reading lacks.

    `name` is the object as Exchange names it, or empty. It may name a person: never for a log, nor for a message other
    than facts. `kind` is the type of an exception or the id of an error, and safe to log.
    """

    cause: GapCause
    name: str = ""
    kind: str = ""


@dataclass(slots=True)
class Gaps:
    """What one reading, or several together, lack. Bounded, however much is missing."""

    total: int = 0
    #: The first ones.
    kept: list[Gap] = field(default_factory=list)
    by_kind: dict[str, int] = field(default_factory=dict)
    by_cause: dict[GapCause, int] = field(default_factory=dict)

    def add(self, gap: Gap) -> None:
        """One more."""
        self.total += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(gap)
        self.by_cause[gap.cause] = self.by_cause.get(gap.cause, 0) + 1
        self._count(gap.kind, 1)

    def merge(self, others: "Gaps") -> None:
        """All of another reading."""
        self.total += others.total
        self.kept.extend(others.kept[: MOST_KEPT - len(self.kept)])
        for cause, count in others.by_cause.items():
            self.by_cause[cause] = self.by_cause.get(cause, 0) + count
        for kind, count in others.by_kind.items():
            self._count(kind, count)

    def _count(self, kind: str, count: int) -> None:
        known = kind in self.by_kind or len(self.by_kind.keys() - {OTHER_KINDS}) < MOST_KINDS
        name = kind if known else OTHER_KINDS
        self.by_kind[name] = self.by_kind.get(name, 0) + count


def kind_of(exception_types: Iterable[str], error_id: str) -> str:
    """The short name of an error: its exception's type, else its id; `other` where neither is a plain word."""
    names = [
        next(iter(exception_types), "").rpartition(".")[2],
        *(part.rpartition(".")[2] for part in error_id.split(",")),
    ]
    return next((name for name in names if _SAFE.fullmatch(name)), OTHER_KINDS)
