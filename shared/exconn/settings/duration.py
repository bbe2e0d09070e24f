"""Durations in variables are written with their unit: `500ms`, `8s`, `15m`, `72h`, `2d`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_WRITTEN = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)")


def parse_duration(text: str) -> timedelta:
    """The duration in `text`. A bare number is refused: it does not say its unit."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise PydanticCustomError("duration", "not a duration with a unit, such as 500ms, 8s, 15m, 72h or 2d")
    return float(found[1]) * _UNITS[found[2]]


def show_duration(value: timedelta) -> str:
    """`value` in the largest unit that leaves a whole number."""
    for unit in ("d", "h", "m", "s"):
        if value and value % _UNITS[unit] == timedelta(0):
            return f"{value // _UNITS[unit]}{unit}"
    return f"{value // _UNITS['ms']}ms"


def _from_variable(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


#: The type of a duration field in settings; reads from its annotation like a timedelta.
Duration = Annotated[timedelta, BeforeValidator(_from_variable)]
