"""The two reference decoders of CLIXML, told in our reader's plain values, and a comparison that neither decides alone.

A reference loses values: pypsrp keeps dates as text, turns lists of types that it does not know into nothing and
fails on some objects; psrpcore fails on others. What one lost, the other decides; `unconfirmed` names what both lost.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from queue import Queue
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import psrpcore.types as ps
from psrpcore.types import deserialize
from pypsrp.complex_objects import ComplexObject, GenericComplexObject
from pypsrp.serializer import Serializer

from exconn.exchange.clixml.reader import timespan_or_text
from exconn.exchange.clixml.scalars import to_date
from exconn.exchange.clixml.timespans import parse_duration


class _Lost:
    """A value that a reference did not give."""

    def __repr__(self) -> str:
        return "LOST"


LOST = _Lost()


def by_pypsrp(body: bytes) -> Any:
    """What pypsrp reads, or LOST when it fails."""
    try:
        value = Serializer().deserialize(body.decode("utf-8-sig"))
    except Exception:  # noqa: BLE001  # whatever it fails with, it read nothing
        return LOST
    return _from_pypsrp(value, top=True)


def _from_pypsrp(value: Any, *, top: bool = False) -> Any:
    if isinstance(value, GenericComplexObject):
        return _from_complex(value, top=top)
    if isinstance(value, ComplexObject | Element | Enum):
        # Classes of its own with other names, and elements that it did not read.
        return LOST
    if isinstance(value, list | tuple):
        return [_from_pypsrp(item) for item in value]
    if isinstance(value, Queue):
        return [_from_pypsrp(item) for item in value.queue]
    if isinstance(value, dict):
        return {_from_pypsrp(key): _from_pypsrp(item) for key, item in value.items()}
    return str(value) if isinstance(value, uuid.UUID) else value


def _from_complex(value: GenericComplexObject, *, top: bool) -> Any:
    properties = {**value.adapted_properties, **value.extended_properties}
    if top and properties:
        return {name: _from_pypsrp(item) for name, item in properties.items()}
    if value.property_sets and "System.Enum" not in value.types:
        return LOST
    if value.to_string is not None:
        return _text_or_span(value.to_string, value.types)
    return {name: _from_pypsrp(item) for name, item in properties.items()} if properties else LOST


def _text_or_span(text: str, types: list[str]) -> Any:
    return timespan_or_text(text) if types and "EnhancedTimeSpan" in types[0] and "Unlimited" not in types[0] else text


def by_psrpcore(body: bytes) -> Any:
    """What psrpcore reads, or LOST when it fails."""
    try:
        value = deserialize(fromstring(body.decode("utf-8-sig")), cipher=None)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  # whatever it fails with, it read nothing
        return LOST
    return _from_psrpcore(value, top=True)


def _from_psrpcore(value: Any, *, top: bool = False) -> Any:
    meta = getattr(value, "PSObject", None)
    if isinstance(value, list | ps.PSQueue | ps.PSStack):
        return [_from_psrpcore(item) for item in _items(value)]
    if isinstance(value, dict):
        return {_from_psrpcore(key): _from_psrpcore(item) for key, item in value.items()}
    if meta is not None and any("System.Enum" in name for name in meta.type_names):
        return meta.to_string
    for kind, convert in _SIMPLE.items():
        if isinstance(value, kind):
            return convert(value)
    if meta is None:
        return value
    # Types that it knows become classes of its own, with other names and with properties that it computes.
    return _from_object(meta, top=top) if type(value) in (ps.PSObject, ps.PSCustomObject) else LOST


def _items(value: Any) -> list[Any]:
    return list(value.queue) if isinstance(value, Queue) else list(value)


def _from_object(meta: Any, *, top: bool) -> Any:
    properties = [*meta.adapted_properties, *meta.extended_properties]
    if meta.to_string is not None and not (top and properties):
        return _text_or_span(meta.to_string, meta.type_names)
    return {prop.name: _from_psrpcore(prop.get_value(None)) for prop in properties}


def _utc(value: datetime) -> datetime:
    return datetime.fromisoformat(value.isoformat()).replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


_SIMPLE: dict[type, Callable[[Any], object]] = {
    bool: bool,
    ps.PSChar: lambda value: chr(int(value)),
    ps.PSSecureString: lambda _value: None,
    int: int,
    float: float,
    str: str,
    bytes: bytes,
    datetime: _utc,
    timedelta: lambda value: timedelta(days=value.days, seconds=value.seconds, microseconds=value.microseconds),
    uuid.UUID: str,
    Decimal: Decimal,
}


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where two readings differ, as (`differs` or `lost`, path)."""
    if theirs is LOST:
        yield "lost", path
    elif isinstance(theirs, str) and theirs.startswith("<Obj") and not isinstance(ours, str):
        # The object's XML, not read.
        yield "lost", path
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours | theirs:
            if key in ours and key in theirs:
                yield from differences(ours[key], theirs[key], f"{path}/{key}")
            else:
                yield ("lost", f"{path}/{key}") if key in ours else ("differs", f"{path}/{key}: only theirs")
    elif isinstance(ours, list) and ours and theirs == []:
        # The items of a container that it did not expect.
        yield "lost", path
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, value in enumerate(ours):
            yield from differences(value, theirs[number], f"{path}/{number}")
    elif not _equal(ours, theirs):
        yield "differs", f"{path}: {ours!r} and {theirs!r}"


def _equal(ours: Any, theirs: Any) -> bool:
    """Also where a reference keeps the text of a value."""
    if isinstance(theirs, str):
        for kind, convert in _KEPT_AS_TEXT.items():
            if isinstance(ours, kind):
                return bool(ours == convert(theirs))
    return bool(ours == theirs) and isinstance(ours, bool) == isinstance(theirs, bool)


_KEPT_AS_TEXT: dict[type, Callable[[str], Any]] = {datetime: to_date, timedelta: parse_duration, Decimal: Decimal}


def compared(body: bytes, ours: Any) -> tuple[list[str], list[str]]:
    """What a reference reads otherwise, and what both lost: paths."""
    found = {reader.__name__: list(differences(ours, reader(body))) for reader in (by_pypsrp, by_psrpcore)}
    wrong = [f"{name} {path}" for name, items in found.items() for kind, path in items if kind == "differs"]
    lost = [{path for kind, path in items if kind == "lost"} for items in found.values()]
    both = {path for path in lost[0] | lost[1] if all(_covers(paths, path) for paths in lost)}
    return wrong, sorted(both)


def _covers(lost: set[str], path: str) -> bool:
    """Whether this path, or one that leads to it, was lost."""
    return any(path == other or path.startswith(f"{other}/") for other in lost)
