"""What a list query returns: rows, and where to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
#: Counts by the values of some columns.
Counts = Mapping[tuple[str, ...], int]

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True)
class ResultPage:
    """Some rows of a list; `next` is the cursor for the rest, None at the end."""

    rows: Sequence[Row]
    next: str | None = None
    total: int | None = None
