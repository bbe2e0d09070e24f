"""CLIXML's simple values: the text of one element as a Python value, by the element's tag ([MS-PSRP] 2.2.5.1).

Every converter takes the element's text and raises ValueError, ArithmeticError or KeyError for anything that the
tag does not allow. Whole numbers are not checked against their width: a server that counts further is believed.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from exconn.exchange.clixml.timespans import parse_duration

#: A character whose half of a pair is missing can neither be stored nor sent.
REPLACEMENT = "\ufffd"
_ESCAPE = re.compile(r"_[xX]([0-9A-Fa-f]{4})_")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n]+")
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def unescape(text: str) -> str:
    """Undo `_xHHHH_`; a character beyond the basic plane travels as two escapes, a surrogate pair."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if _SURROGATE.search(plain):
        return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return plain


def to_text(text: str) -> str:
    """A string of any kind."""
    return unescape(text) if "_x" in text or "_X" in text else text


def to_date(text: str) -> datetime:
    """Aware and in UTC. A date without offset is taken for UTC."""
    value = datetime.fromisoformat(text)
    zone = value.tzinfo
    if zone is UTC:
        return value
    if zone is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        # "Never" is the first or last moment of the calendar, and its offset moves it out.
        return value.replace(tzinfo=UTC)


def _to_whole(text: str) -> int:
    if "_" in text:
        raise ValueError("not a number")
    return int(text)


def _to_float(text: str) -> float:
    if "_" in text:
        raise ValueError("not a number")
    return float(text)


def _to_character(text: str) -> str:
    """From its UTF-16 code unit."""
    unit = _to_whole(text)
    if not 0 <= unit <= 0xFFFF:
        raise ValueError("not a character")
    return REPLACEMENT if 0xD800 <= unit <= 0xDFFF else chr(unit)


def _to_bytes(text: str) -> bytes:
    return base64.b64decode(_BLANKS.sub("", text), validate=True)


def _to_truth(text: str) -> bool:
    return _TRUTH[text.strip().lower()]


def _nothing(_text: str) -> None:
    return None


_STRINGS = dict.fromkeys(("S", "ToString", "URI", "XD", "SBK"), to_text)
_WHOLES = dict.fromkeys(("By", "SB", "U16", "I16", "U32", "I32", "U64", "I64"), _to_whole)

#: Tags whose value is the text as it stands, but for escapes.
STRING_TAGS = frozenset({*_STRINGS, "Version"})
#: Tags of whole numbers; one of them carries the number of an enumeration.
WHOLE_TAGS = frozenset(_WHOLES)

CONVERTERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        **_STRINGS,
        **_WHOLES,
        "Version": str,
        "B": _to_truth,
        "C": _to_character,
        "DT": to_date,
        "TS": parse_duration,
        "G": str.lower,
        "Sg": _to_float,
        "Db": _to_float,
        "D": Decimal,
        "BA": _to_bytes,
        "Nil": _nothing,
        # A secure string is never decrypted here.
        "SS": _nothing,
    }
)
