"""The numbers of status messages and the outcomes of jobs: nothing is promised that never comes.

A number is sent where Python names it outside of the catalogue (`Number.WIPE_SENT`) or a script does (`N.wipe_sent`).
Who only reads messages does not send them: a comparison is no sender, nor are the services that show them. A number
that a table has for an outcome is sent if somebody settles a job with that outcome.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.source_tree import Module, SourceTree, Violation

READERS = {"monitor", "cli", "demo", "simulator"}
_IN_LUA = re.compile(r"\bN\.(\w+)")
_QUOTED = re.compile(r"'([a-z_]+)'|\"([a-z_]+)\"")


def numbers_have_senders(tree: SourceTree) -> Iterator[Violation]:
    """A number that nobody sends is a promise in the catalogue, and in every rule that somebody writes for it."""
    reached = {name for _, name, _ in _used(tree, "Outcome", {})} | _outcomes_in_lua(tree)
    sent = {name for _, name, _ in _used(tree, "Number", {"Outcome": reached})}
    sent |= {found.upper() for _, _, found in _numbers_in_lua(tree)}
    yield from _unused(tree, "Number", sent, "nobody sends")


def outcomes_are_reached(tree: SourceTree) -> Iterator[Violation]:
    """As for numbers: a way to end that no job ever takes."""
    reached = {name for _, name, _ in _used(tree, "Outcome", {})} | _outcomes_in_lua(tree)
    yield from _unused(tree, "Outcome", reached, "no job ends as")


def numbers_that_are_sent_exist(tree: SourceTree) -> Iterator[Violation]:
    """A script would send nothing in place of a number that the catalogue lacks."""
    known = {name for _, name, _ in _members(tree, "Number")}
    for path, line, name in _numbers_in_lua(tree):
        if name.upper() not in known:
            yield Violation(path, line, f"the catalogue has no number {name}")
    for module, name, line in _used(tree, "Number", {}):
        if name not in known:
            yield module.at(line, f"the catalogue has no number {name}")


def _unused(tree: SourceTree, enum: str, used: set[str], what: str) -> Iterator[Violation]:
    for module, name, line in _members(tree, enum):
        if name not in used:
            yield module.at(line, f"{what} {name}")


def _members(tree: SourceTree, enum: str) -> Iterator[tuple[Module, str, int]]:
    for module in tree.modules:
        for node in module.syntax.body:
            if isinstance(node, ast.ClassDef) and node.name == enum and not module.is_service:
                for part in node.body:
                    if isinstance(part, ast.Assign):
                        yield module, ast.unparse(part.targets[0]), part.lineno


def _used(tree: SourceTree, enum: str, keys: dict[str, set[str]]) -> Iterator[tuple[Module, str, int]]:
    """Each `Enum.NAME` that is neither compared, nor a key, nor what a table has for a name that is not in `keys`."""
    homes = {module.path for module, _, _ in _members(tree, enum)}
    for module in tree.modules:
        if module.path in homes or module.package in READERS or f"{enum}." not in module.source:
            continue
        passed_over = {id(part) for node in module.nodes for part in _passed_over(node, keys)}
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == enum and id(node) not in passed_over:
                yield module, node.attr, node.lineno


def _passed_over(node: ast.AST, keys: dict[str, set[str]]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for operand in (node.left, *node.comparators):
            yield from ast.walk(operand)
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Attribute):
                yield key
                reached = keys.get(ast.unparse(key.value))
                if reached is not None and key.attr not in reached:
                    yield value


def _numbers_in_lua(tree: SourceTree) -> Iterator[tuple[PurePosixPath, int, str]]:
    for path, text in tree.texts.items():
        if path.suffix == ".lua":
            for number, line in enumerate(text.splitlines(), 1):
                yield from ((path, number, name) for name in _IN_LUA.findall(line))


def _outcomes_in_lua(tree: SourceTree) -> set[str]:
    """Scripts write an outcome as its value, which is its name in small letters."""
    texts = [text for path, text in tree.texts.items() if path.suffix == ".lua"]
    return {(one or other).upper() for text in texts for one, other in _QUOTED.findall(text)}
