"""Where in a TOML text a key stands: only to point at it in an error, so a miss is no error."""

import re
from collections.abc import Iterator

Location = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-\"']+)\s*=")


def line_of(text: str, location: Location) -> int:
    """The line (from 1) of the key at `location`, of the nearest table around it, or 0."""
    depth, found = 0, 0
    for path, line in _places(text):
        if len(path) > depth and path == location[: len(path)]:
            depth, found = len(path), line
    return found


def _places(text: str) -> Iterator[tuple[Location, int]]:
    """Each table and key with its line; an element of an array of tables carries its number."""
    table: Location = ()
    elements: dict[Location, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                elements[table] = elements.get(table, -1) + 1
                table = (*table, elements[table])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_parts(key[1])), number


def _parts(dotted: str) -> Location:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
