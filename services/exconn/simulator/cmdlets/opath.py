"""OPATH filters: tokens and the tree that they make, as far as the pages on recipient filters describe them.

Comparisons `Property -operator value`, joined by -and and -or, with -not and parentheses; texts between single or
double quotes, a doubled quote standing for one. Single quotes are all that PowerShell takes for one, the typographic
ones too. -and and -or have no precedence over one another and are read from left to right, as PowerShell reads them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "like", "notlike")
#: Deeper than anybody writes; the parser calls itself for each level.
_DEEPEST = 100
_SINGLE = "'\u2018\u2019\u201a\u201b"
_DOUBLE = '"\u201c\u201d\u201e'
_SPACE = re.compile(r"\s+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_DASHED = re.compile(r"-([A-Za-z]+)(?![A-Za-z0-9_.])")
_SYSTEM = re.compile(r"\$(true|false|null)(?![A-Za-z0-9_])", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?![A-Za-z0-9_.])")


class Unreadable(Exception):
    """No OPATH filter."""

    def __init__(self, problem: str, at: int) -> None:
        self.problem = problem
        self.at = at
        super().__init__(f"{problem} at position {at + 1}")


@dataclass(frozen=True, slots=True)
class Value:
    """A value: `kind` is text, number or system (true, false, null)."""

    kind: Literal["text", "number", "system"]
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A property compared with a value."""

    property: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Joint:
    """Two parts joined by `and` or `or`."""

    joint: Literal["and", "or"]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: "Node"


Node = Comparison | Joint | Not


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["(", ")", "dashed", "name", "literal", "end"]
    text: str
    at: int
    literal: Value | None = None


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if (space := _SPACE.match(text, at)) is not None:
            at = space.end()
            continue
        token, at = _token(text, at)
        yield token
    yield _Token("end", "", at)


def _token(text: str, at: int) -> tuple[_Token, int]:
    character = text[at]
    if character == "(":
        return _Token("(", "(", at), at + 1
    if character == ")":
        return _Token(")", ")", at), at + 1
    if character in _SINGLE or character in _DOUBLE:
        value, end = _quoted(text, at, _SINGLE if character in _SINGLE else _DOUBLE)
        return _Token("literal", value, at, Value("text", value)), end
    if (system := _SYSTEM.match(text, at)) is not None:
        return _Token("literal", system[0], at, Value("system", system[1].lower())), system.end()
    if (number := _NUMBER.match(text, at)) is not None:
        return _Token("literal", number[0], at, Value("number", number[0])), number.end()
    if (dashed := _DASHED.match(text, at)) is not None:
        return _Token("dashed", dashed[1].lower(), at), dashed.end()
    if (name := _NAME.match(text, at)) is not None:
        return _Token("name", name[0], at), name.end()
    raise Unreadable(f"an unexpected {character!r}", at)


def _quoted(text: str, at: int, quotes: str) -> tuple[str, int]:
    """The text between quotes, and where it ends; two quotes in a row stand for one."""
    found: list[str] = []
    position = at + 1
    while position < len(text):
        character = text[position]
        if character in quotes:
            if position + 1 == len(text) or text[position + 1] not in quotes:
                return "".join(found), position + 1
            position += 1
            character = text[position]
        elif quotes is _DOUBLE and character in "$`":
            raise Unreadable("a variable, which a session without a language does not have", position)
        found.append(character)
        position += 1
    raise Unreadable("a text that does not end", at)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        # The end stays the next one, however often it is asked for.
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def whole(self) -> Node:
        tree = self._joined(_DEEPEST)
        token = self._next()
        if token.kind != "end":
            raise Unreadable(f"an unexpected {token.text!r}", token.at)
        return tree

    def _joined(self, left_depth: int) -> Node:
        if not left_depth:
            raise Unreadable("too many parentheses", self._peek().at)
        tree = self._part(left_depth)
        while self._peek().kind == "dashed" and self._peek().text in ("and", "or"):
            joint: Literal["and", "or"] = "and" if self._next().text == "and" else "or"
            tree = Joint(joint, tree, self._part(left_depth))
        return tree

    def _part(self, left_depth: int) -> Node:
        token = self._next()
        if token.kind == "dashed" and token.text == "not":
            if not left_depth:
                raise Unreadable("too many -not", token.at)
            return Not(self._part(left_depth - 1))
        if token.kind == "(":
            inner = self._joined(left_depth - 1)
            closing = self._next()
            if closing.kind != ")":
                raise Unreadable("a parenthesis that does not close", closing.at)
            return inner
        if token.kind == "name":
            return self._comparison(token)
        raise Unreadable(f"{token.text!r} where a property is expected", token.at)

    def _comparison(self, name: _Token) -> Comparison:
        operator, value = self._next(), self._next()
        if operator.kind != "dashed" or operator.text not in OPERATORS:
            raise Unreadable(f"{operator.text!r} where an operator is expected", operator.at)
        literal = value.literal
        if literal is None and value.kind == "name":
            literal = Value("text", value.text)
        if literal is None:
            raise Unreadable(f"{value.text!r} where a value is expected", value.at)
        return Comparison(name.text, operator.text, literal)


def parse(text: str) -> Node:
    """The tree of a filter; Unreadable says what is wrong and where."""
    return _Parser(text).whole()


def comparisons(tree: Node) -> Iterator[Comparison]:
    """All comparisons, from left to right."""
    if isinstance(tree, Comparison):
        yield tree
    elif isinstance(tree, Not):
        yield from comparisons(tree.part)
    else:
        yield from comparisons(tree.left)
        yield from comparisons(tree.right)
