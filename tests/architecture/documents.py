"""The documents as the tests read them: links, paths and commands that they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.source_tree import SourceTree, Violation

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
#: A path of the repository in code font: it has a slash and starts with a directory that exists.
PATH = re.compile(r"`([a-z.][\w.-]*/[\w./-]*)`")
FENCED = re.compile(r"^ *```[a-z]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
IN_FENCE = re.compile(r"^ *(?:\./run )?exconn ([a-z][^#\n]*)", re.MULTILINE)
IN_TEXT = re.compile(r"`(?:\./run )?exconn ([a-z][^`#\n]*)`")
VERB = re.compile(r"[a-z][a-z-]*")


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
            if (tree.root / first).is_dir() and not (tree.root / found[1]).exists():
                yield Violation(path, _line(text, found.start()), f"the path {found[1]} does not exist")


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
