"""The documents as the tests read them: links, paths and commands that they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.source_tree import NOT_OURS, SourceTree, Violation

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
#: A path of the repository in code font: it has a slash and starts with a directory that exists and is kept.
PATH = re.compile(r"`([a-z.][\w.-]*/[\w./-]*)`")
FENCED = re.compile(r"^ *```[a-z]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
IN_FENCE = re.compile(r"^ *(?:\./run )?exconn ([a-z][^#\n]*)", re.MULTILINE)
IN_TEXT = re.compile(r"`(?:\./run )?exconn ([a-z][^`#\n]*)`")
VERB = re.compile(r"[a-z][a-z-]*")
INDEX = PurePosixPath("docs", "README.md")
DECISIONS = PurePosixPath("docs", "decisions")
LONGEST_DECISION = 25
PARTS_OF_A_DECISION = ("Context", "Decision", "Consequences", "What would change our mind")


def _documents(tree: SourceTree) -> Iterator[tuple[PurePosixPath, str]]:
    yield from ((path, text) for path, text in tree.texts.items() if path.suffix == ".md")


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def links_and_paths_lead_somewhere(tree: SourceTree) -> Iterator[Violation]:
    """A link is relative to its page; a path in code font is relative to the project."""
    for path, text in _documents(tree):
        for found in LINK.finditer(text):
            if not (tree.root / path.parent / found[1]).exists():
                yield Violation(path, _line(text, found.start()), f"the link {found[1]} leads nowhere")
        for found in PATH.finditer(text):
            first = found[1].split("/")[0]
            if first not in NOT_OURS and (tree.root / first).is_dir() and not (tree.root / found[1]).exists():
                yield Violation(path, _line(text, found.start()), f"the path {found[1]} does not exist")


def pages_stand_in_the_index(tree: SourceTree) -> Iterator[Violation]:
    """A page that the index does not name is found by nobody."""
    index = tree.texts.get(INDEX, "")
    named = {tree.root / INDEX.parent / found[1] for found in LINK.finditer(index)}
    for path, _ in _documents(tree):
        if path.is_relative_to(INDEX.parent) and path != INDEX and tree.root / path not in named:
            yield Violation(path, 1, f"is not in {INDEX}")


def decisions_have_one_form(tree: SourceTree) -> Iterator[Violation]:
    """A record of a decision fits on a screen, and says why, what follows, and what would change it."""
    for path, text in _documents(tree):
        if path.parent != DECISIONS:
            continue
        if text.count("\n") > LONGEST_DECISION:
            yield Violation(path, LONGEST_DECISION, f"is longer than {LONGEST_DECISION} lines")
        for part in PARTS_OF_A_DECISION:
            if f"**{part}.**" not in text:
                yield Violation(path, 1, f"has no part {part!r}")


def commands(tree: SourceTree) -> Iterator[tuple[Violation, list[str]]]:
    """Each named exconn command: its leading plain words, which are nouns and verbs, and where it is written."""
    for path, text in _documents(tree):
        found = [(match.start(), match[1]) for match in IN_TEXT.finditer(text)]
        for fence in FENCED.finditer(text):
            found += [(fence.start(1) + match.start(), match[1]) for match in IN_FENCE.finditer(fence[1])]
        for position, command in sorted(found):
            words = _leading_words(command)
            yield Violation(path, _line(text, position), f"exconn {' '.join(words)}"), words


def _leading_words(command: str) -> list[str]:
    words = []
    for word in shlex.split(command):
        if not VERB.fullmatch(word):
            break
        words.append(word)
    return words
