"""Tables as lines of text: no cell is cut, and no line is wider than the terminal where the cells allow that.

The first column holds what people copy, such as an id or a name, so it is never broken: a cell that is too long for its
column stands in a line of its own, and the rest of its row below. Other cells go on in a second line where they may.
Where even that is too wide, each row is a block of lines.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

_GAP = "  "
#: A word longer than this is broken after one of its separators. The first that lets the table fit is taken.
_LONGEST_WORDS = (24, 18, 14, 10)
_PIECE = re.compile(r"[^_.@/\\,:-]*[_.@/\\,:-]+|[^_.@/\\,:-]+")


def table_lines(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, width: int, wrap: Collection[str] = ()
) -> list[str]:
    """The heading, and below it the rows, each cell where its heading begins. Cells of `wrap` may be broken."""
    heads = [column.upper().replace("_", " ") for column in columns]
    may_wrap = [column in wrap for column in columns]
    for longest in _LONGEST_WORDS:
        widths = _widths(heads, rows, may_wrap, longest, width)
        if widths:
            return [line for row in (heads, *rows) for line in _row_lines(row, widths)]
    return [line for row in rows for line in _block(heads, row, width)]


def cell_lines(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width`: between words, in a longer word after a separator, or else anywhere."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cell_len(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines += _word_lines(word, width)
    return lines


def _word_lines(word: str, width: int) -> list[str]:
    lines = [""]
    for piece in _pieces(word, width):
        if cell_len(lines[-1] + piece) <= width:
            lines[-1] += piece
        else:
            lines += chop_cells(piece, width)
    return [line for line in lines if line] or [""]


def _pieces(word: str, width: int) -> list[str]:
    return [word] if cell_len(word) <= width else _PIECE.findall(word)


def _widths(
    heads: Sequence[str], rows: Sequence[Sequence[str]], may_wrap: Sequence[bool], longest: int, width: int
) -> list[int]:
    """How wide each column is; nothing where the columns are too wide together."""
    columns = list(zip(heads, *rows, strict=True))
    natural = [max(map(cell_len, column)) for column in columns]
    widths = [
        max(cell_len(column[0]), *(_least(text, longest) for text in column)) if breaks else most
        for column, breaks, most in zip(columns, may_wrap, natural, strict=True)
    ]
    room = width - sum(widths[1:]) - len(_GAP) * (len(widths) - 1)
    if room < cell_len(heads[0]):
        return []
    widths[0] = max(size for size in map(cell_len, columns[0]) if size <= room)
    for _ in range(room - widths[0]):
        lacking = [most - given for most, given in zip(natural[1:], widths[1:], strict=True)]
        if max(lacking, default=0) > 0:
            widths[1 + lacking.index(max(lacking))] += 1
    return widths


def _least(text: str, longest: int) -> int:
    """How narrow a cell can be without breaking a word of up to `longest`."""
    return max(min(cell_len(piece), longest) for word in text.split(" ") for piece in _pieces(word, longest))


def _row_lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    first, *others = row
    beside = [cell_lines(text, width) for text, width in zip(others, widths[1:], strict=True)]
    alone = cell_len(first) > widths[0]
    if alone:
        yield first
    for cells in zip_longest([] if alone else [first], *beside, fillvalue=""):
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)]
        yield _GAP.join(padded).rstrip()


def _block(heads: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    first, *others = row
    yield first
    labels = [head.lower() for head in heads[1:]]
    label = max(map(cell_len, labels), default=0)
    for name, text in zip(labels, others, strict=True):
        first_line, *more = cell_lines(text, max(10, width - label - 2 * len(_GAP)))
        yield f"{_GAP}{name:<{label}}{_GAP}{first_line}"
        yield from (f"{_GAP}{'':<{label}}{_GAP}{line}" for line in more)
