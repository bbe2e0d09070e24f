"""Opaque places in a list, so that paging neither skips nor repeats while rows come and go."""

import base64
import binascii
import json
import re

from exconn.monitor.projector.clean import clean_text

#: The characters of a cursor, as a class of a regular expression.
ALPHABET = "A-Za-z0-9_-"
_CURSOR = re.compile(f"[{ALPHABET}]+")


class BadCursorError(ValueError):
    """The `after` of a request is none that we gave out."""

    def __init__(self) -> None:
        super().__init__("after: not a place in this list; use the `next` of the previous answer")


def encode_cursor(*parts: str | int) -> str:
    """The place behind a row, by the values that order it."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> tuple[str | int, ...]:
    """The values in a cursor. Raises BadCursorError."""
    if not _CURSOR.fullmatch(cursor):
        raise BadCursorError
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as exc:
        raise BadCursorError from exc
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise BadCursorError
    if not all(_is_storable(part) for part in parts):
        raise BadCursorError
    return tuple(parts)


def _is_storable(part: str | int) -> bool:
    return abs(part) < 2**63 if isinstance(part, int) else clean_text(part) == part
