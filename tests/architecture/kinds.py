"""The kinds of job: each is in the union of payloads, and is handled by the one service that its row names.

A service says what it handles in the dictionary of its function `handlers`, or in one that this names. What every
worker handles by itself, the library `doorbell` puts before the others: `{Kind.ECHO: echo, **handlers}`.
"""

import ast
from collections.abc import Iterator

from tests.architecture.source_tree import Module, SourceTree, Violation


def kinds_have_one_handler(tree: SourceTree) -> Iterator[Violation]:
    """Nobody would do a job without a handler, and two services would fight over one with two."""
    handled: dict[str, list[tuple[Module, int]]] = {}
    for module, kind, line in _handled(tree):
        handled.setdefault(kind, []).append((module, line))
    for module, kind, row in _rows(tree):
        found = handled.pop(kind, [])
        if not found:
            yield module.at(row.lineno, f"no service handles {kind}")
        for handler, line in found:
            if len(found) > 1:
                yield handler.at(line, f"{kind} has {len(found)} handlers")
            if handler.is_service and handler.package != (named := _keyword(row, "service").lower()):
                yield module.at(row.lineno, f"{kind} is handled by {handler.package}, not by {named or 'nobody'}")
    for kind, places in handled.items():
        yield from (module.at(line, f"{kind} is handled and has no row") for module, line in places)


def payloads_are_in_the_union(tree: SourceTree) -> Iterator[Violation]:
    """`Work` is everything that a job can be about; what it lacks, readers of jobs do not know."""
    union = {name for module in _contracts(tree) for name in _members_of_work(module)}
    for module, kind, row in _rows(tree):
        payload = _keyword(row, "payload")
        if payload not in union:
            yield module.at(row.lineno, f"{payload or 'the payload'} of {kind} is not in `Work`")


def _contracts(tree: SourceTree) -> Iterator[Module]:
    yield from (module for module in tree.modules if module.package == "contracts")


def _rows(tree: SourceTree) -> Iterator[tuple[Module, str, ast.Call]]:
    """The table of kinds: every `Kind.X: KindRow(...)`."""
    for module in _contracts(tree):
        for table in module.nodes:
            for kind, value in _of_kinds(table):
                if isinstance(value, ast.Call) and ast.unparse(value.func) == "KindRow":
                    yield module, kind, value


def _keyword(row: ast.Call, name: str) -> str:
    """The last word of what is given: POLICY of `Service.POLICY`."""
    found = next((ast.unparse(keyword.value) for keyword in row.keywords if keyword.arg == name), "")
    return found.rpartition(".")[2]


def _handled(tree: SourceTree) -> Iterator[tuple[Module, str, int]]:
    named = {(m.package, name) for m in tree.modules if m.is_service for name in _names_in_handlers(m)}
    for module in tree.modules:
        for node in module.nodes:
            if _hands_out(module, node, named):
                for table in ast.walk(node):
                    yield from ((module, kind, value.lineno) for kind, value in _of_kinds(table))


def _hands_out(module: Module, node: ast.AST, named: set[tuple[str, str]]) -> bool:
    """The function `handlers` of a service, a table that it names, and what `doorbell` puts before the others."""
    if not module.is_service:
        return module.package == "doorbell" and isinstance(node, ast.Dict) and None in node.keys
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return (module.package, ast.unparse(target)) in named
    return _is_handlers(node)


def _names_in_handlers(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if _is_handlers(node):
            names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            # What it makes inside is seen there already.
            made = {name.id for name in names if isinstance(name.ctx, ast.Store)}
            yield from {name.id for name in names} - made


def _is_handlers(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "handlers"


def _of_kinds(table: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if key is not None and ast.unparse(key).startswith("Kind."):
                yield ast.unparse(key), value


def _members_of_work(module: Module) -> Iterator[str]:
    for node in module.syntax.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(target) == "Work":
                yield from (part.id for part in ast.walk(node.value) if isinstance(part, ast.Name))
