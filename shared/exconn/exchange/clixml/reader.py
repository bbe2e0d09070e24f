"""Reads CLIXML, PowerShell's object format, into plain values: one C parse, one walk over what is used.

Objects with properties become dicts (adapted and extended properties together) at the top, and their text
inside; lists become lists, enumerations their name, dates aware UTC datetimes. A null is None, an empty text is
"", a missing property is not in the dict. Hostile input is refused: no DOCTYPE, limited size, depth and number
of values; `Malformed` is the only error.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError, fromstring

from exconn.exchange.clixml.scalars import CONVERTERS, REPLACEMENT, WHOLE_TAGS, to_text
from exconn.exchange.clixml.timespans import parse_timespan
from exconn.exchange.errors import Malformed

#: Largest message accepted. An Exchange object is a few kB; a mailbox log of a device may be some MB.
MAX_BYTES = 32 * 1024 * 1024
#: Objects inside objects. PowerShell serializes few levels, at most some tens when asked to.
MAX_DEPTH = 32
#: Tags and attributes of one message: what bounds the memory of its parse. An Exchange object has some hundred.
MAX_TAGS = 200_000
MAX_ATTRIBUTES = 500_000
#: Values of one message with all its references followed: what bounds the walk over the result.
MAX_VALUES = 200_000
#: A serialized .NET blob that Exchange adds on request; it is never decoded.
SKIPPED = frozenset({"SerializationData"})
#: Characters that PowerShell does not escape and no XML parser takes.
NONCHARACTERS = ("\ufffe", "\uffff")
CONTAINERS = frozenset({"LST", "IE", "QUE", "STK"})

_Read = TypeVar("_Read")
#: What broken CLIXML makes a reader raise.
BROKEN = (ValueError, ArithmeticError, KeyError, TypeError)


def decoded(body: bytes) -> str:
    """The text of a message within the limits of its size, without byte order mark.

    PowerShell writes U+FFFE and U+FFFF as they are, though XML forbids them, and a phone's name may hold them. They are
    replaced: nothing can store them or send them back.
    """
    if len(body) > MAX_BYTES:
        raise Malformed(f"a message of {len(body)} bytes, more than {MAX_BYTES}", body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Malformed("a message that is no UTF-8", body) from exc
    for forbidden in NONCHARACTERS:
        if forbidden in text:
            text = text.replace(forbidden, REPLACEMENT)
    return text


def parse(body: bytes) -> Element:
    """The root element of one message body, without namespaces; `Malformed` for anything unsafe."""
    return parse_text(decoded(body))


def parse_text(text: str) -> Element:
    """The same of text. Text forces the parser to UTF-8, so that no declared encoding can hide a DOCTYPE."""
    if "<!DOCTYPE" in text:
        raise Malformed("a document type declaration", text)
    if len(text) > MAX_TAGS and (text.count("<") > MAX_TAGS or text.count('="') + text.count("='") > MAX_ATTRIBUTES):
        raise Malformed("more elements than any object has", text)
    try:
        root = fromstring(text)  # noqa: S314  # no DOCTYPE, so no entities; size and numbers are limited
    except (ParseError, ValueError) as exc:
        raise Malformed("no well-formed XML", text) from exc
    if root.tag.startswith("{"):
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
    return root


def read(body: bytes) -> Any:
    """The value of one message body."""
    values = read_all(body)
    if len(values) != 1:
        raise Malformed(f"{len(values)} objects in a message of one", body)
    return values[0]


def read_all(body: bytes) -> list[Any]:
    """The values of one message body: one, or those that an `<Objs>` wraps."""
    return read_element(parse(body), body)


def read_element(root: Element, raw: str | bytes) -> list[Any]:
    """The values of a parsed message; `raw` is kept with an error."""
    reader = Reader(root)
    tops = list(root) if root.tag == "Objs" else [root]
    return or_malformed(lambda: [reader.top(element) for element in tops], raw)


def or_malformed(reading: Callable[[], _Read], raw: str | bytes) -> _Read:
    """What `reading` returns; whatever broken CLIXML makes a reader raise, as `Malformed`."""
    try:
        return reading()
    except BROKEN as exc:
        raise Malformed(f"CLIXML that could not be read ({type(exc).__name__})", raw) from exc


class Reader:
    """Values of one message. References reach anywhere in the message, and are looked up only when met."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._values: dict[str, Any] = {}
        #: How many values each object holds, so that a reference costs what it repeats.
        self._sizes: dict[str, int] = {}
        self._counted = 0
        self._objects: dict[str, Element] | None = None
        self._types: dict[str, tuple[str, ...]] | None = None

    def top(self, element: Element) -> Any:
        """The outermost value: an object with properties as a dict even if it also has a text."""
        if element.tag == "Obj" and is_record(element):
            return self.properties(element, 0)
        return self.value(element, 0)

    def value(self, element: Element, depth: int) -> Any:
        """The plain value of an element inside an object."""
        convert = CONVERTERS.get(element.tag)
        if convert is not None:
            return convert(element.text or "")
        if element.tag == "Ref":
            return self._referenced(element.attrib["RefId"], depth)
        if element.tag == "Obj":
            return self._inside(element, depth + 1)
        raise ValueError(element.tag)

    def properties(self, element: Element, depth: int) -> dict[str, Any]:
        """All properties of an object by name."""
        record: dict[str, Any] = {}
        for section in element:
            if section.tag == "Obj":
                record.update(self._base_properties(section, depth + 1))
            if section.tag not in ("Props", "MS"):
                continue
            self._count(len(section))
            for entry in section:
                name = to_text(entry.attrib["N"])
                if name not in SKIPPED:
                    convert = CONVERTERS.get(entry.tag)
                    record[name] = convert(entry.text or "") if convert else self.value(entry, depth)
        return record

    def _base_properties(self, element: Element, depth: int) -> dict[str, Any]:
        """Those of the object that another one wraps to add to it: it has no name and stands before the sections."""
        if depth > MAX_DEPTH:
            raise Malformed(f"objects nested deeper than {MAX_DEPTH}")
        return self.properties(element, depth)

    def types(self, element: Element) -> tuple[str, ...]:
        """The type names of an object, most derived first."""
        for child in element:
            if child.tag == "TN":
                return _names(child)
            if child.tag == "TNRef":
                return self._types_by_reference()[child.attrib["RefId"]]
        return ()

    def is_enumeration(self, element: Element) -> bool:
        """Is this object a value of an enumeration? Its type is followed by the type of all enumerations."""
        return "System.Enum" in self.types(element)[1:2]

    def is_timespan(self, element: Element) -> bool:
        """Is this object a time span of Exchange, and not a limit that may be one?"""
        return any("EnhancedTimeSpan" in name and "Unlimited" not in name for name in self.types(element)[:1])

    def _count(self, values: int) -> None:
        self._counted += values
        if self._counted > MAX_VALUES:
            raise Malformed(f"an object of more than {MAX_VALUES} values")

    def _inside(self, element: Element, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise Malformed(f"objects nested deeper than {MAX_DEPTH}")
        reference = element.get("RefId", "")
        before = self._counted
        self._count(1)
        # An object that refers to itself gets nothing there, not an endless walk.
        self._values[reference] = None
        value = self._values[reference] = self._object(element, depth)
        self._sizes[reference] = self._counted - before
        return value

    def _object(self, element: Element, depth: int) -> Any:
        text: str | None = None
        primitive: Element | None = None
        for child in element:
            tag = child.tag
            if tag in CONTAINERS:
                self._count(len(child))
                return [self.value(item, depth) for item in child]
            if tag == "DCT":
                return self._dictionary(child, depth)
            if tag == "ToString":
                text = to_text(child.text or "")
            elif tag in CONVERTERS and primitive is None:
                primitive = child
        if primitive is not None:
            return self._wrapped(element, primitive, text)
        base = element.find("Obj")
        if base is not None and not is_record(base):
            return self._inside(base, depth + 1)
        if text is None:
            return self.properties(element, depth)
        return timespan_or_text(text) if self.is_timespan(element) else text

    def _wrapped(self, element: Element, primitive: Element, text: str | None) -> Any:
        """A primitive with a text beside it: an enumeration is its name."""
        named = text is not None and primitive.tag in WHOLE_TAGS
        if named and (text != primitive.text or self.is_enumeration(element)):
            return text
        return CONVERTERS[primitive.tag](primitive.text or "")

    def _dictionary(self, element: Element, depth: int) -> dict[Any, Any]:
        self._count(2 * len(element))
        result: dict[Any, Any] = {}
        for entry in element:
            pair = {child.get("N"): child for child in entry}
            key = self.value(pair["Key"], depth)
            result[key] = self.value(pair["Value"], depth)
        return result

    def _referenced(self, reference: str, depth: int) -> Any:
        if reference in self._values:
            self._count(self._sizes.get(reference, 1))
            return self._values[reference]
        if self._objects is None:
            self._objects = {e.attrib["RefId"]: e for e in self._root.iter("Obj") if "RefId" in e.attrib}
        return self._inside(self._objects[reference], depth + 1)

    def _types_by_reference(self) -> Mapping[str, tuple[str, ...]]:
        if self._types is None:
            self._types = {e.attrib["RefId"]: _names(e) for e in self._root.iter("TN") if "RefId" in e.attrib}
        return self._types


def _names(types: Element) -> tuple[str, ...]:
    return tuple(name.text or "" for name in types)


def is_record(element: Element) -> bool:
    """Has properties, and is no list, dictionary or single value that merely carries some."""
    named = False
    innermost: Element | None = element
    for _ in range(MAX_DEPTH):
        if innermost is None:
            return named
        tags = {child.tag for child in innermost}
        if not tags.isdisjoint(_VALUES):
            return False
        named = named or not tags.isdisjoint(("Props", "MS"))
        innermost = innermost.find("Obj")
    raise Malformed(f"objects nested deeper than {MAX_DEPTH}")


_VALUES = (CONTAINERS | {"DCT"} | set(CONVERTERS)) - {"ToString"}


def timespan_or_text(text: str) -> timedelta | str:
    """What Exchange's time span says: a time span, or the text that is none."""
    try:
        return parse_timespan(text)
    except ValueError:
        return text
