"""The list of assumptions and the code hold each other: every named file is there, every mark has its row.

A mark is the word "recalled" or "assumed" in a comment or docstring.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.source_tree import CODE_ROOTS, Module, SourceTree, Violation

PAGE = PurePosixPath("docs/assumptions.md")
CELLS = 4
_MARK = re.compile(r"\b(?:recalled|assumed)\b", re.IGNORECASE)
_NAMED = re.compile(r"`((?:[a-z_]+/)+[a-z_0-9]+\.[a-z]+)`")
_ROW = re.compile(r"^\| (?!-|statement \|)(.*) \|$")
_POINT = re.compile(r"^- ")


def named_files_exist(tree: SourceTree) -> Iterator[Violation]:
    """A row names its file as `package/module.py`, below `exconn` of either root."""
    for number, line in _lines(tree):
        for name in _NAMED.findall(line):
            if not any((tree.root / root / "exconn" / name).is_file() for root in CODE_ROOTS):
                yield Violation(PAGE, number, f"`{name}` is neither in shared/exconn nor in services/exconn")


def rows_are_complete(tree: SourceTree) -> Iterator[Violation]:
    """A row says what is assumed, where, what if not, and how to check; a simulator's point says where."""
    for number, line in _lines(tree):
        row = _ROW.match(line)
        if row is not None:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row[1])]
            if len(cells) != CELLS or not all(cells):
                yield Violation(PAGE, number, f"{len(cells)} cells; {CELLS} are needed, none of them empty")
            elif not _NAMED.search(cells[1]):
                yield Violation(PAGE, number, "the second cell names no `package/module.py`")
        elif _POINT.match(line) and not _NAMED.search(line):
            yield Violation(PAGE, number, "names no `package/module.py`")


def marks_have_rows(tree: SourceTree) -> Iterator[Violation]:
    """Whoever marks something as recalled or assumed adds the row that says what depends on it."""
    named = {name for _, line in _lines(tree) for name in _NAMED.findall(line)}
    for module in tree.modules:
        if str(PurePosixPath(*module.path.parts[2:])) not in named:
            yield from (module.at(line, f"an assumption without a row in {PAGE}") for line in _marks(module))


def _marks(module: Module) -> Iterator[int]:
    if not _MARK.search(module.source):
        return
    for token in tokenize.generate_tokens(io.StringIO(module.source).readline):
        is_text = token.type == tokenize.COMMENT or (token.type == tokenize.STRING and '"""' in token.string[:4])
        if is_text:
            yield from (token.start[0] + token.string.count("\n", 0, m.start()) for m in _MARK.finditer(token.string))


def _lines(tree: SourceTree) -> Iterator[tuple[int, str]]:
    # Points go on in indented lines; they are read as one.
    text = re.sub(r"\n  (?=\S)", " ", tree.texts.get(PAGE, ""))
    yield from enumerate(text.splitlines(), 1)
