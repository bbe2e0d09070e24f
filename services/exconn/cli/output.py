"""What a command prints: tables for people, JSON for programs, nothing but names with --quiet."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from exconn.cli.wrapping import terminal_width, wrapped

#: Records from Exchange may hold anything; a terminal must not obey it.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(value: object) -> str:
    """`value` as one line of text without control characters."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value) or "-"
    return "".join(letter if letter.isprintable() else _REPLACEMENT for letter in str(value))


def moment(value: str | None) -> str:
    """A date of the API for people: UTC to the minute."""
    if not value:
        return "-"
    return _parsed(value).strftime("%Y-%m-%d %H:%M")


def short_moment(value: str | None) -> str:
    """A date of the API for a narrow column: without the year when it is this one."""
    if not value:
        return "-"
    found = _parsed(value)
    return found.strftime("%m-%d %H:%M" if found.year == datetime.now(UTC).year else "%Y-%m-%d")


def clock(value: str | None) -> str:
    """A date of the API as a time of day, UTC; with its day where that is not today."""
    if not value:
        return "-"
    found, now = _parsed(value), datetime.now(UTC)
    day = "" if found.date() == now.date() else "%m-%d " if found.year == now.year else "%Y-%m-%d "
    return found.strftime(f"{day}%H:%M:%S")


def _parsed(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


class Output:
    """Prints for one command. `as_json` prints one JSON value; `quiet` prints names only."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    @property
    def for_people(self) -> bool:
        """Whether somebody reads along."""
        return not self.as_json and not self.quiet

    def json(self, value: Any) -> None:
        """Print the one JSON value of this command, in ASCII: what a terminal would obey is escaped."""
        sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")

    def json_line(self, value: Any) -> None:
        """Print one of many JSON values, one a line."""
        sys.stdout.write(json.dumps(value, default=str) + "\n")
        sys.stdout.flush()

    def line(self, text: str = "") -> None:
        """A line for people."""
        if self.for_people:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def name(self, text: str) -> None:
        """A name that --quiet prints, too."""
        if not self.as_json:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def note(self, text: str) -> None:
        """A remark beside the result, on standard error."""
        if self.for_people:
            sys.stderr.write(text + "\n")

    def listing(
        self,
        value: Any,
        rows: Iterable[Mapping[str, object]],
        columns: Sequence[str],
        *,
        name: str,
        empty: str,
        wrap: Sequence[str] = (),
    ) -> None:
        """A list: the whole answer as JSON, the `name` of each row, or a table of `columns`.

        Where the terminal is too narrow, the columns in `wrap` go on in a second line; the first column stays whole.
        """
        found = list(rows)
        if self.as_json:
            self.json(value)
        elif self.quiet:
            for row in found:
                self.name(plain(row[name]))
        elif not found:
            self.line(empty)
        else:
            self._table(found, columns, wrap)

    def record(self, value: Any, pairs: Iterable[tuple[str, object]], *, name: str) -> None:
        """One thing: the whole answer as JSON, its name, or its fields one below the other."""
        if self.as_json:
            self.json(value)
        elif self.quiet:
            self.name(name)
        else:
            self.fields(pairs)

    def fields(self, pairs: Iterable[tuple[str, object]]) -> None:
        """For people: labels with their values, one below the other."""
        shown = [(label, plain(found)) for label, found in pairs]
        width = max((len(label) for label, _ in shown), default=0)
        for label, text in shown:
            for line in wrapped(text, terminal_width(), first=f"{label:<{width}}  "):
                self.line(line)

    def _table(self, rows: Sequence[Mapping[str, object]], columns: Sequence[str], wrap: Sequence[str]) -> None:
        # Imported here: commands that fail early, and --json, do without.
        from exconn.cli.table import table_lines

        cells = [[plain(row.get(column)) for column in columns] for row in rows]
        for line in table_lines(columns, cells, width=terminal_width(), wrap=wrap):
            self.line(line)
