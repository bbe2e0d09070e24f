"""The phases of an action are named in one place: everyone else says `Phase.ISSUED`, and scripts are told."""

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from tests.architecture.source_tree import SourceTree, Violation

HOME = "shared/exconn/contracts/phases.py"
_REMEDY = f"a phase as text: take it from {HOME}"
_LUA = re.compile(r"\bphase\w*\s*(?:==|~=|=)\s*(?:'[a-z]|\"[a-z])")


def phases_are_named_in_one_place(tree: SourceTree) -> Iterator[Violation]:
    """A phase that is written as text is missed by whoever changes the table of what may follow what."""
    for module in tree.modules:
        if str(module.path) != HOME and module.package != "simulator":
            for node in module.nodes:
                if any(_is_text(value) for value in _given_for_a_phase(node)):
                    yield module.at(getattr(node, "lineno", 1), _REMEDY)
    for path, text in tree.texts.items():
        if path.suffix == ".lua":
            for number, line in enumerate(text.splitlines(), 1):
                if _LUA.search(line):
                    yield Violation(path, number, _REMEDY)


def _given_for_a_phase(node: ast.AST) -> Iterator[ast.AST]:
    """What is compared with, or passed, assigned or looked up as something called a phase."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(_is_called_phase(side) for side in sides):
            for side in sides:
                yield from side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "phase":
                yield value
    elif _gives_a_phase(node):
        yield node.value


def _gives_a_phase(node: ast.AST) -> TypeGuard[ast.keyword | ast.Assign]:
    if isinstance(node, ast.Assign):
        return any(_is_called_phase(target) for target in node.targets)
    return isinstance(node, ast.keyword) and node.arg == "phase"


def _is_called_phase(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        name = str(node.slice.value)
    return name.lower() == "phase"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
