"""Words that have no place in the project: of the place where it was written, of registries, of unfinished work.

The words are put together from pieces here, so that a search for them finds nothing at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.source_tree import SourceTree, Violation


@dataclass(frozen=True)
class Forbidden:
    """A pattern and what is wrong with it. Each match holds one of `pieces`, in lower case: those are found fast."""

    pattern: re.Pattern[str]
    reason: str
    pieces: tuple[str, ...]

    def is_in(self, lowered: str) -> bool:
        """Whether a text, in lower case, may hold a match."""
        return any(piece in lowered for piece in self.pieces)


def _any(reason: str, *patterns: str, pieces: tuple[str, ...]) -> Forbidden:
    return Forbidden(re.compile("|".join(patterns), re.IGNORECASE), reason, pieces)


PLACES = _any(
    "a path of one machine",
    r"/wo" + r"rk/(main|shared|\.)",
    r"/tmp/" + r"brief",
    r"(?<!\w)/ro" + r"ot/",
    r"\.\./" + r"shared",
    pieces=("/wo" + "rk/", "/tmp/" + "brief", "/ro" + "ot/", "../" + "shared"),
)
REGISTRIES = _any(
    "a registry's host: the installed client knows where packages come from",
    *(
        re.escape(name + "." + end)
        for name, end in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("unpkg", "com"),
            ("jsdelivr", "net"),
            ("crates", "io"),
            ("ghcr", "io"),
            ("quay", "io"),
            ("gcr", "io"),
            ("docker", "io/"),
            ("hub.docker", "com"),
            ("registry.k8s", "io"),
            ("mcr.microsoft", "com"),
            ("proxy.golang", "org"),
        ]
    ),
    pieces=("." + "org", "." + "com", "." + "io"),
)
PAPERS = _any(
    "a mark of working papers: say the thing itself",
    r"(?<!\w)\u00a7\s?\d",
    r"\bdes" + r"ign section\b",
    r"\[(R )?reca" + r"lled\]",
    r"\b(des" + r"ign|wi" + r"re|sty" + r"le|plat" + r"form|relia" + r"bility|cel" + r"ery)\.md\b",
    pieces=("\u00a7", "des" + "ign section", "reca" + "lled]", ".md"),
)
MACHINES = _any(
    "who or what wrote it is no part of the project",
    r"\bcla" + r"ude\b",
    r"\banth" + r"ropic\b",
    pieces=("cla" + "ude", "anth" + "ropic"),
)
UNFINISHED = Forbidden(
    re.compile("|".join([r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bX" + r"XX\b", r"NotImpl" + r"emented"])),
    "unfinished work: finish it, or leave it out",
    pieces=("to" + "do", "fix" + "me", "x" + "xx", "notimpl" + "emented"),
)
EVERYWHERE = (PLACES, REGISTRIES, PAPERS, MACHINES, UNFINISHED)


def no_foreign_words(tree: SourceTree) -> Iterator[Violation]:
    """The project speaks of the project alone."""
    for path, text in tree.texts.items():
        lowered = text.lower()
        for forbidden in EVERYWHERE:
            if not forbidden.is_in(lowered) or not forbidden.pattern.search(text):
                continue
            for number, line in enumerate(text.splitlines(), start=1):
                found = forbidden.pattern.search(line)
                if found:
                    yield Violation(path, number, f"{found[0]!r} is {forbidden.reason}")
