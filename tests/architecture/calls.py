"""What code of the packages never calls: each would break a promise silently."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import Module, SourceTree, Violation

#: Services that speak to a person at a terminal.
SPEAKING = ("cli", "demo")

#: Where one line on standard error may go: a start that is refused says why, before there are logs.
REFUSING = ("__main__.py", "worker.py")

#: Where waiting blindly is right, with the reason. Everything else waits for an event, so that it can stop.
SLEEPERS = {
    "services/exconn/simulator/cmdlets/engine.py": "a call that got lost runs late and cannot be stopped",
    "services/exconn/demo/client.py": "polls for a person who looks on, and checks the children at each look",
    "shared/exconn/doorbell/job_task.py": "records an outcome again while the lease lasts, and no longer",
    "shared/exconn/doorbell/lease_renewer.py": "the pauses of a daemon thread that lives as long as its process",
    "shared/exconn/failpoints/points.py": "a failpoint that hangs is meant to hang",
}

#: Celery features that would keep work in the broker's memory or outside the ledger.
CELERY_OPTIONS = {"eta", "countdown", "autoretry_for", "retry_backoff", "retry_kwargs", "link", "link_error"}
CELERY_CANVAS = {"chain", "chord", "chunks", "group", "signature", "result"}


def no_asserts(tree: SourceTree) -> Iterator[Violation]:
    """An optimized Python removes them."""
    for module in tree.modules:
        for node in module.nodes:
            if isinstance(node, ast.Assert):
                yield module.at(node.lineno, "assert at run time")


def no_prints(tree: SourceTree) -> Iterator[Violation]:
    """Programs log; only those that speak to a person print."""
    for module in tree.modules:
        if module.package in SPEAKING:
            continue
        for call, function in module.calls:
            if function == "print" and not _refuses_to_start(module, call):
                yield module.at(call.lineno, "print outside the command line")


def _refuses_to_start(module: Module, call: ast.Call) -> bool:
    to_error = any(keyword.arg == "file" and ast.unparse(keyword.value) == "sys.stderr" for keyword in call.keywords)
    return to_error and module.path.name in REFUSING


def no_scripts_to_exchange(tree: SourceTree) -> Iterator[Violation]:
    """Script text would need escaping, and Exchange's no-language mode refuses it."""
    for module in tree.modules:
        for call, function in module.calls:
            if function.endswith(".add_script"):
                yield module.at(call.lineno, "script text is sent; add commands with parameters")


def no_filters_as_text(tree: SourceTree) -> Iterator[Violation]:
    """What a person typed could become part of a filter: filters are trees, written by one module."""
    for module in tree.modules:
        if str(module.path) in FILTER_WRITERS:
            continue
        for node in module.nodes:
            if isinstance(node, (ast.JoinedStr, ast.BinOp)) and _COMPARES.search(ast.unparse(node)):
                yield module.at(node.lineno, "a filter is put together as text; build a tree")
            for value in _filter_values(node):
                if isinstance(value, (ast.JoinedStr, ast.BinOp, ast.Constant)):
                    yield module.at(value.lineno, "a filter is given as text; build a tree")


#: Modules that know the syntax of filters, with the reason.
FILTER_WRITERS = {
    "shared/exconn/exchange/cmdlets/opath.py": "the one writer of filters that are sent",
    "shared/exconn/exchange/rights/role_scripts.py": "writes scripts that a person reads and runs",
}
_FILTERS = ("Filter", "RecipientPreviewFilter")
_COMPARES = re.compile(r"\s-(?:eq|ne|gt|ge|lt|le|like|notlike)\b")


def _filter_values(node: ast.AST) -> Iterator[ast.expr]:
    """What is given for a filter parameter, by key or by keyword."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in _FILTERS:
                yield value
    if isinstance(node, ast.keyword) and node.arg in _FILTERS:
        yield node.value
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        name = node.targets[0].slice
        if isinstance(name, ast.Constant) and name.value in _FILTERS:
            yield node.value


def no_blind_sleeps(tree: SourceTree) -> Iterator[Violation]:
    """A sleeping process can neither stop nor renew a lease."""
    for module in tree.modules:
        if str(module.path) in SLEEPERS:
            continue
        for line in _sleeps(module):
            yield module.at(line, "time.sleep; wait for an event with a time-out")


def _sleeps(module: Module) -> Iterator[int]:
    names = {"time.sleep"} | {"sleep" for imported in module.imports if imported.name == "time.sleep"}
    yield from (call.lineno for call, function in module.calls if function in names)


def idle_sleepers(tree: SourceTree) -> set[str]:
    """Exceptions that nobody needs any more."""
    return SLEEPERS.keys() - {str(module.path) for module in tree.modules if any(_sleeps(module))}


def celery_only_rings(tree: SourceTree) -> Iterator[Violation]:
    """No delays, retries, chains or results in Celery: when and whether is the ledger's to say."""
    for module in tree.modules:
        for imported in module.imports:
            parts = imported.name.split(".")
            if parts[0] == "celery" and len(parts) > 1 and parts[-1] in CELERY_CANVAS:
                yield module.at(imported.line, f"{imported.name}: a doorbell carries no plan and no result")
        for call, function in module.calls:
            yield from (module.at(call.lineno, text) for text in _celery_misuse(call, function))


def _celery_misuse(call: ast.Call, function: str) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in CELERY_OPTIONS:
            yield f"{keyword.arg}= in {function}(): only the ledger delays or repeats work"
        if keyword.arg == "max_retries" and function.endswith("task"):
            yield f"max_retries= in {function}(): only the ledger repeats work"
    if function in ("self.retry", "task.retry", "current_task.retry"):
        yield f"{function}(): only the ledger repeats work"
