"""Where an audit log is read from: the monitor, or a file that was exported; either way one line after the other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.http import Site

Line = dict[str, Any]
#: The kinds of lines, in the order in which they stand in an export.
HEAD, CHECKPOINT, ENTRY, FORGED = "head", "checkpoint", "entry", "forged"
#: Of the monitor, which gives many elements at a time.
ELEMENTS = "elements"
_AT_ONCE = 2000


def lines_of_monitor(monitor: Site) -> Iterator[Line]:
    """The log as the monitor has it now; what comes meanwhile is left out. Raises CommandError."""
    # First, so that one which is larger than the log is of one that was longer.
    checkpoints = list(_checkpoints(monitor))
    end = monitor.get("/v1/audit")
    size = end["size"]
    yield {"type": HEAD, "format": 1, "size": size, "root": end["root"]}
    yield from checkpoints
    first: int | None = 0
    while first is not None and (first < size or not size):
        page = monitor.get("/v1/audit/elements", first=first, limit=min(_AT_ONCE, max(1, size - first)))
        yield {"type": ELEMENTS, "elements": page["elements"]}
        yield from ({"type": FORGED, **one} for one in page["forged"])
        first = page["next"] if page["next"] and page["next"] < size else None


def _checkpoints(monitor: Site) -> Iterator[Line]:
    after: int | None = 0
    while after is not None:
        page = monitor.get("/v1/audit/checkpoints", after=after)
        yield from ({"type": CHECKPOINT, **one} for one in page["checkpoints"])
        after = page["next"]


def lines_of_file(path: Path) -> Iterator[Line]:
    """The log in a file. Raises CommandError."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                yield _line(path, number, text)
    except (OSError, UnicodeDecodeError) as exc:
        problem = getattr(exc, "strerror", None) or "is no text"
        raise CommandError(
            ExitCode.BAD_INPUT, f"{path}: {problem}", remedy="name a file of exconn audit export"
        ) from exc


def readable(line: Line) -> Iterator[Line]:
    """The line as an export has it: one for each element, with its row in full."""
    if line["type"] != ELEMENTS:
        yield line
        return
    from dataclasses import asdict

    from exconn.audit import Entry

    for element in line["elements"]:
        yield {"type": ENTRY, **asdict(Entry.of(element))}


def _line(path: Path, number: int, text: str) -> Line:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or (number == 1 and found.get("type") != HEAD):
        remedy = "name a file of exconn audit export"
        raise CommandError(ExitCode.BAD_INPUT, f"{path}: line {number} is none of an export", remedy=remedy)
    return found
