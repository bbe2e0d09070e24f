"""What to make of the texts of an object whose markup is known: the same values that `reader` reads from it."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any
from xml.etree.ElementTree import Element

from exconn.exchange.clixml.reader import BROKEN, CONTAINERS, SKIPPED, Reader, is_record, timespan_or_text
from exconn.exchange.clixml.scalars import CONVERTERS, STRING_TAGS, WHOLE_TAGS, to_text

#: The number of a hole by the element whose text it holds.
Holes = Mapping[Element, int]
_Convert = Callable[[str], Any]


class _Unsuited(Exception):
    """An object that is better parsed each time."""


class Template:
    """Names of properties, and how each value comes from the texts."""

    def __init__(self) -> None:
        self._plain: dict[str, int] = {}
        self._converted: list[tuple[str, _Convert, int]] = []
        self._lists: list[tuple[str, list[tuple[_Convert, int]]]] = []
        self._constants: dict[str, Any] = {}
        self._copies: list[tuple[str, str]] = []
        self._names: tuple[str, ...] = ()
        self._pick: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(0, 0)

    def make(self, texts: list[str]) -> dict[str, Any]:
        """The record; texts that their tags do not allow raise what the converters raise."""
        record: dict[str, Any] = dict(zip(self._names, self._pick([*texts, ""]), strict=True))
        for name, convert, hole in self._converted:
            record[name] = convert(texts[hole])
        for name, items in self._lists:
            record[name] = [convert(texts[hole]) for convert, hole in items]
        record.update(self._constants)
        for name, source in self._copies:
            record[name] = record[source]
        return record

    def finish(self) -> "Template":
        """All properties are added. Those that are no plain text take the empty one at the end for a moment."""
        self._names = tuple(self._plain)
        self._pick = itemgetter(*self._plain.values())
        return self

    def _reserve(self, name: str) -> None:
        if name in self._plain:
            raise _Unsuited
        self._plain[name] = -1

    def add_text(self, name: str, hole: int) -> None:
        self._reserve(name)
        self._plain[name] = hole

    def add_converted(self, name: str, convert: _Convert, hole: int) -> None:
        self._reserve(name)
        self._converted.append((name, convert, hole))

    def add_list(self, name: str, items: list[tuple[_Convert, int]]) -> None:
        self._reserve(name)
        self._lists.append((name, items))

    def add_constant(self, name: str, value: object) -> None:
        self._reserve(name)
        self._constants[name] = value

    def add_copy(self, name: str, source: str) -> None:
        self._reserve(name)
        self._copies.append((name, source))


def template_for(root: Element, holes: Holes) -> Template | None:
    """The template of an object that was read without an error; None when it is better parsed each time.

    Never raises: reading looks only at what it needs of an object, and may not have met what is broken.
    """
    if root.tag != "Obj" or not is_record(root) or root.find("Obj") is not None:
        return None
    try:
        return _Writer(root, holes).write(_entries(root))
    except (_Unsuited, *BROKEN):
        return None


def _entries(root: Element) -> list[Element]:
    """The properties that are read, at least two."""
    sections = (section for section in root if section.tag in ("Props", "MS"))
    entries = [entry for section in sections for entry in section if to_text(entry.attrib["N"]) not in SKIPPED]
    if len(entries) < 2:
        raise _Unsuited
    return entries


class _Writer:
    """Goes through the properties of one object as `Reader` does, and notes instead of reading."""

    def __init__(self, root: Element, holes: Holes) -> None:
        self._root = root
        self._reader = Reader(root)
        self._holes = holes
        self._template = Template()

    def write(self, entries: list[Element]) -> Template:
        for entry in entries:
            self._add(to_text(entry.attrib["N"]), entry, entries)
        return self._template.finish()

    def _add(self, name: str, entry: Element, entries: list[Element]) -> None:
        if entry.tag in CONVERTERS:
            self._add_text(name, entry)
        elif entry.tag == "Ref":
            self._template.add_copy(name, self._name_of(entry.attrib["RefId"], entries))
        else:
            self._add_object(name, entry)

    def _add_text(self, name: str, element: Element, convert: _Convert | None = None) -> None:
        hole = self._holes.get(element)
        convert = convert or CONVERTERS[element.tag]
        if hole is None:
            self._template.add_constant(name, convert(""))
        elif element.tag in STRING_TAGS and convert is CONVERTERS[element.tag]:
            self._template.add_text(name, hole)
        else:
            self._template.add_converted(name, convert, hole)

    def _name_of(self, reference: str, entries: list[Element]) -> str:
        """The property that holds the object; only where no other object has the same id."""
        bearers = [element for element in self._root.iter("Obj") if element.get("RefId") == reference]
        if len(bearers) != 1 or bearers[0] not in entries:
            raise _Unsuited
        return to_text(bearers[0].attrib["N"])

    def _add_object(self, name: str, element: Element) -> None:
        children = {child.tag: child for child in element}
        content = [child for child in element if child.tag in CONVERTERS and child.tag != "ToString"]
        if len(children) != len(element) or not children.keys().isdisjoint(("DCT", "Obj")):
            raise _Unsuited
        text = children.get("ToString")
        container = next((child for child in element if child.tag in CONTAINERS), None)
        if container is not None:
            self._template.add_list(name, [self._item(item) for item in container])
        elif content and text is None:
            self._add_text(name, content[0])
        elif content and text is not None:
            self._add_enumeration(name, element, content[0], text)
        elif text is not None:
            self._add_text(name, text, timespan_or_text if self._reader.is_timespan(element) else None)
        else:
            raise _Unsuited

    def _add_enumeration(self, name: str, element: Element, number: Element, text: Element) -> None:
        if number.tag not in WHOLE_TAGS or not self._reader.is_enumeration(element):
            raise _Unsuited
        self._add_text(name, text)

    def _item(self, element: Element) -> tuple[_Convert, int]:
        if element.tag not in CONVERTERS or element not in self._holes:
            raise _Unsuited
        return CONVERTERS[element.tag], self._holes[element]
