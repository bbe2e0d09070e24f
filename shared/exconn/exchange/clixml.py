"""Reads CLIXML, PowerShell's object format, into plain values, fast: one C parse, one walk over what is used.

Objects with properties become dicts (adapted and extended properties together) at the top, and their text
inside; lists become lists, enumerations their name, dates aware UTC datetimes. Hostile input is refused:
no DOCTYPE, limited size and depth.
"""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from exconn.exchange.errors import Malformed
from exconn.exchange.timespans import parse_duration, parse_timespan

#: Largest object accepted. An Exchange object is a few kB; a mailbox log of a device may be some MB.
MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 48
#: A serialized .NET blob that Exchange adds on request; it is never decoded.
_SKIPPED = frozenset({"SerializationData"})

_ESCAPE = re.compile(r"_[xX]([0-9A-Fa-f]{4})_")
_CONTAINERS = frozenset({"LST", "IE", "QUE", "STK"})


def unescape(text: str) -> str:
    """Undo `_xHHHH_`; a character beyond the basic plane travels as two escapes, a surrogate pair."""
    plain = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
    if any("\ud800" <= char <= "\udfff" for char in plain):
        return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return plain


def _string(text: str) -> str:
    return unescape(text) if "_x" in text or "_X" in text else text


def _date(text: str) -> datetime:
    """Aware and in UTC. A date without offset is taken for UTC."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        # "Never" is the smallest date, which an offset moves out of the calendar.
        return datetime.min.replace(tzinfo=UTC)


def _nothing(_text: str) -> None:
    return None


_PRIMITIVES: dict[str, Callable[[str], Any]] = {
    "S": _string,
    "ToString": _string,
    "URI": _string,
    "XD": _string,
    "SBK": _string,
    "Version": str,
    "B": lambda text: text.lower() == "true",
    "C": lambda text: chr(int(text)),
    "DT": _date,
    "TS": parse_duration,
    "G": lambda text: text.lower(),
    "By": int,
    "SB": int,
    "U16": int,
    "I16": int,
    "U32": int,
    "I32": int,
    "U64": int,
    "I64": int,
    "Sg": float,
    "Db": float,
    "D": Decimal,
    "BA": lambda text: base64.b64decode(text, validate=False),
    "Nil": _nothing,
    # A secure string is never decrypted here.
    "SS": _nothing,
}
_NUMBERS = frozenset({"By", "SB", "U16", "I16", "U32", "I32", "U64", "I64"})


def parse(body: bytes) -> Element:
    """The root element of one message body, without namespaces; `Malformed` for anything unsafe."""
    if len(body) > MAX_BYTES:
        raise Malformed(f"an object of {len(body)} bytes, more than {MAX_BYTES}", body)
    try:
        # Text forces the parser to UTF-8, so that no declared encoding can hide a DOCTYPE from the next line.
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text:
            raise Malformed("a document type declaration", body)
        root = fromstring(text)  # noqa: S314  # no DOCTYPE, so no entities; size and depth are limited
    except (UnicodeDecodeError, ParseError, ValueError) as exc:
        raise Malformed("no well-formed XML", body) from exc
    if root.tag.startswith("{"):
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
    return root


def read(body: bytes) -> Any:
    """The value of one message body."""
    root = parse(body)
    try:
        return Reader(root).top(root)
    except (ValueError, ArithmeticError, KeyError, TypeError) as exc:
        raise Malformed(f"CLIXML that could not be read ({type(exc).__name__})", body) from exc


class Reader:
    """Values of one message. References reach anywhere in the message, and are looked up only when met."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._values: dict[str, Any] = {}
        self._objects: dict[str, Element] | None = None
        self._types: dict[str, list[str]] | None = None

    def top(self, element: Element) -> Any:
        """The outermost value: an object with properties as a dict even if it also has a text."""
        if element.tag == "Obj" and (element.find("Props") is not None or element.find("MS") is not None):
            return self.properties(element, 0)
        return self.value(element, 0)

    def value(self, element: Element, depth: int) -> Any:
        """The plain value of an element inside an object."""
        tag = element.tag
        convert = _PRIMITIVES.get(tag)
        if convert is not None:
            return convert(element.text or "")
        if tag == "Ref":
            return self._referenced(element.attrib["RefId"], depth)
        if tag == "Obj":
            if depth > MAX_DEPTH:
                raise Malformed(f"objects nested deeper than {MAX_DEPTH}")
            reference = element.get("RefId", "")
            # An object that refers to itself gets nothing there, not an endless walk.
            self._values[reference] = None
            value = self._values[reference] = self._object(element, depth + 1)
            return value
        raise ValueError(tag)

    def properties(self, element: Element, depth: int) -> dict[str, Any]:
        """All properties of an object by name."""
        record: dict[str, Any] = {}
        primitives = _PRIMITIVES
        for section in element:
            if section.tag not in ("Props", "MS"):
                continue
            for entry in section:
                name = entry.attrib["N"]
                if "_x" in name:
                    name = unescape(name)
                if name in _SKIPPED:
                    continue
                convert = primitives.get(entry.tag)
                record[name] = convert(entry.text or "") if convert else self.value(entry, depth + 1)
        return record

    def types(self, element: Element) -> list[str]:
        """The type names of an object, most derived first."""
        for child in element:
            if child.tag == "TN":
                return [name.text or "" for name in child]
            if child.tag == "TNRef":
                return self._types_by_reference()[child.attrib["RefId"]]
        return []

    def _object(self, element: Element, depth: int) -> Any:
        text: str | None = None
        primitive: Element | None = None
        for child in element:
            tag = child.tag
            if tag in _CONTAINERS:
                return [self.value(item, depth) for item in child]
            if tag == "DCT":
                return self._dictionary(child, depth)
            if tag == "ToString":
                text = _string(child.text or "")
            elif tag in _PRIMITIVES and primitive is None:
                primitive = child
        if primitive is not None:
            return self._wrapped(element, primitive, text)
        if text is None:
            return self.properties(element, depth)
        return self._described(element, text)

    def _wrapped(self, element: Element, primitive: Element, text: str | None) -> Any:
        """A primitive with a text beside it: an enumeration is its name."""
        named = text is not None and primitive.tag in _NUMBERS
        if named and (text != primitive.text or "System.Enum" in self.types(element)):
            return text
        return _PRIMITIVES[primitive.tag](primitive.text or "")

    def _described(self, element: Element, text: str) -> Any:
        """An object that is best known by its text; Exchange's time spans become time spans."""
        if any("EnhancedTimeSpan" in name and "Unlimited" not in name for name in self.types(element)[:1]):
            return _timespan(text)
        return text

    def _dictionary(self, element: Element, depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for entry in element:
            pair = {child.get("N"): child for child in entry}
            key = self.value(pair["Key"], depth)
            result[key] = self.value(pair["Value"], depth)
        return result

    def _referenced(self, reference: str, depth: int) -> Any:
        if reference in self._values:
            return self._values[reference]
        if self._objects is None:
            self._objects = {e.attrib["RefId"]: e for e in self._root.iter("Obj") if "RefId" in e.attrib}
        return self.value(self._objects[reference], depth + 1)

    def _types_by_reference(self) -> dict[str, list[str]]:
        if self._types is None:
            self._types = {e.attrib["RefId"]: [n.text or "" for n in e] for e in self._root.iter("TN")}
        return self._types


def _timespan(text: str) -> timedelta | str:
    try:
        return parse_timespan(text)
    except ValueError:
        return text


def read_all(body: bytes) -> Iterator[Any]:
    """The values of a file or message that wraps several objects in one `<Objs>`."""
    root = parse(body)
    if root.tag != "Objs":
        yield read(body)
        return
    for child in root:
        yield Reader(root).top(child)
