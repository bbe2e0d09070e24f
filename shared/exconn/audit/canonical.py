"""The bytes of an element that are hashed.

Those of a message are its kind of element and its fields in their order, with NUL between, which no field has; its
data are JSON with sorted names and without spaces.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

#: What is said of a message, in the order in which it is hashed.
FIELDS = (
    "record",
    "sequence",
    "number",
    "severity",
    "connector",
    "at",
    "by",
    "job",
    "kind",
    "state",
    "phase",
    "epoch",
    "text",
    "data",
)
_NUMBERS = frozenset(("sequence", "number", "at", "epoch"))
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def encode(value: object) -> str:
    """JSON in the one form that is hashed."""
    return _ENCODER.encode(value)


class Data(dict[str, Any]):
    """The data of a message, which do not change any more: their JSON is made once, for the hash and the database."""

    @cached_property
    def encoded(self) -> str:
        """As JSON."""
        return _ENCODER.encode(self) if self else "{}"


def said(row: Mapping[str, Any]) -> str:
    """What is hashed of a message, behind its kind of element; its moment is in milliseconds."""
    data = row["data"]
    encoded = data.encoded if type(data) is Data else _ENCODER.encode(data)
    return (
        f"{row['record']}\0{row['sequence']}\0{row['number']}\0{row['severity']}\0{row['connector']}\0{row['at']}"
        f"\0{row['by']}\0{row['job']}\0{row['kind']}\0{row['state']}\0{row['phase']}\0{row['epoch']}\0{row['text']}\0{encoded}"
    )


def row_of(text: str) -> dict[str, Any]:
    """The row of which this is said. Raises ValueError where nothing is said in this way."""
    row: dict[str, Any] = dict(zip(FIELDS, text.split("\0"), strict=True))
    for name in _NUMBERS:
        row[name] = int(row[name])
    row["data"] = json.loads(row["data"])
    if not isinstance(row["data"], dict):
        raise ValueError("data is no object")
    return row
