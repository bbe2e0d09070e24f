"""Values as PowerShell's literal strings, in which nothing is expanded."""

import re
from collections.abc import Sequence

#: Each of these ends a literal string in PowerShell, and two in a row stand for one of them
#: (about_Quoting_Rules; the curly ones count as the straight one).
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_WIDTH = 88
#: Text without line breaks and other control characters.
NEWLINE_FREE = re.compile("[^\\x00-\\x1f\\x7f-\\x9f\u2028\u2029]*")


def quoted(value: str) -> str:
    """`value` as a literal string: whatever it holds, it is that text and no code."""
    return "'" + _QUOTES.sub(r"\1\1", value) + "'"


def quoted_list(values: Sequence[str]) -> str:
    """An array of literal strings, on one line where it is short; inside of its parentheses lines may end."""
    items = [quoted(value) for value in values]
    lines = [""]
    for number, item in enumerate(items):
        written = item + ("," if number < len(items) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(written) > _WIDTH:
            lines.append("")
        lines[-1] += f" {written}" if lines[-1] else written
    return f"@({lines[0]})" if len(lines) == 1 else "@(\n    " + "\n    ".join(lines) + ")"
