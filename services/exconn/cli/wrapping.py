"""How wide the text of a command is, and sentences in lines of that width."""

import textwrap
from shutil import get_terminal_size

#: The width of what is no terminal: in a pipe, a row of a table or a field of a record is one line, for `grep`.
_NO_TERMINAL = 10_000
#: Longer sentences are hard to read, however wide the terminal is.
_WIDEST_SENTENCE = 100


def terminal_width() -> int:
    """How wide a table or a record may be."""
    return get_terminal_size((_NO_TERMINAL, 24)).columns


def sentence_width() -> int:
    """How wide a sentence may be."""
    return min(get_terminal_size().columns, _WIDEST_SENTENCE)


def wrapped(text: str, width: int, *, first: str = "") -> list[str]:
    """`text` in lines: the first behind `first`, the others behind as much space. Words stay whole."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
