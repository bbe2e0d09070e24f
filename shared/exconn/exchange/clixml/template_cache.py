"""Reads the many objects of one cmdlet fast: those whose markup was seen before need no parse.

An object of a list differs from the one before it in its texts, hardly ever in its markup. A template is markup with
holes for texts. Where a message consists of exactly the markup of a known template, with holes that hold no character
to which XML gives a meaning, its structure is known, and what is left is to convert the texts. Everything else is
parsed by `reader`, which also teaches the templates. So a wrong guess costs time and never a wrong value.

Templates that begin alike share their beginning: one walk through a tree of branches finds the one that fits.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

from exconn.exchange.clixml.scalars import CONVERTERS
from exconn.exchange.clixml.template import Template, template_for

#: Longest message that is worth learning, in characters.
LONGEST = 32 * 1024
#: Branches of all templates together, and at one place: bounds memory, and the time of a search that fails.
MOST_BRANCHES = 20_000
MOST_CHOICES = 24

_TAG = re.compile(r"<(?P<closes>/?)(?P<name>[A-Za-z0-9]+)[^<>]*?(?P<empty>/?)>")
_HOLES = frozenset(CONVERTERS) - {"Nil"}


@dataclass(slots=True)
class _Branch:
    """Markup between two holes, and what can follow; the last one knows what to make of the texts."""

    markup: str
    length: int
    following: list["_Branch"] = field(default_factory=list)
    template: Template | None = None


class TemplateCache:
    """The templates learned so far, for one thread. Bounded; what does not fit is simply never learned."""

    def __init__(self) -> None:
        self._first: list[_Branch] = []
        #: Branches of all templates together.
        self.size = 0

    def read(self, text: str) -> dict[str, Any] | None:
        """The object when the template of this message is known, else None; raises what converters raise."""
        branches, position, texts = self._first, 0, list[str]()
        starts, find = text.startswith, text.find
        while True:
            for branch in branches:
                if starts(branch.markup, position):
                    break
            else:
                return None
            position += branch.length
            if branch.template is not None:
                return branch.template.make(texts) if position == len(text) and _are_plain(texts) else None
            end = find("<", position)
            texts.append(text[position:end])
            position = end
            branches = branch.following

    def learn(self, text: str, root: Element) -> None:
        """Remember the template of a message that was parsed, and read without an error."""
        if len(text) > LONGEST:
            return
        holes: dict[Element, int] = {}
        markup = _cut(text, root, holes)
        template = template_for(root, holes) if markup else None
        if template is not None:
            self._add(markup, template)

    def _add(self, markup: list[str], template: Template) -> None:
        branches, branch = self._first, None
        for piece in markup:
            branch = next((known for known in branches if known.markup == piece), None)
            if branch is None:
                if len(branches) >= MOST_CHOICES or self.size >= MOST_BRANCHES:
                    return
                branch = _Branch(piece, len(piece))
                branches.append(branch)
                self.size += 1
            branches = branch.following
        if branch is not None:
            branch.template = template


def _are_plain(texts: list[str]) -> bool:
    """Is there no escape, no entity, and no character that XML changes or forbids?"""
    joined = "".join(texts)
    return (
        joined.isprintable() and "&" not in joined and "]]>" not in joined and "_x" not in joined and "_X" not in joined
    )


def _cut(text: str, root: Element, holes: dict[Element, int]) -> list[str]:
    """The markup round each hole; empty unless tag by tag the text is what the parser saw. Numbers the holes."""
    tags = list(_TAG.finditer(text))
    if not tags or tags[0].start() != 0 or tags[-1].end() != len(text):
        return []
    elements = root.iter()
    pieces, cut = [], 0
    for tag, following in pairwise(tags):
        between = text[tag.end() : following.start()]
        element = None if tag["closes"] else next(elements, None)
        if not tag["closes"] and (element is None or element.tag != tag["name"]):
            return []
        is_leaf = element is not None and not tag["empty"] and following["closes"]
        if is_leaf and element is not None and tag["name"] in _HOLES:
            if (element.text or "") != between:
                return []
            holes[element] = len(holes)
            pieces.append(text[cut : tag.end()])
            cut = following.start()
        elif between and not is_leaf:
            return []
    return [*pieces, text[cut:]] if next(elements, None) is None else []
