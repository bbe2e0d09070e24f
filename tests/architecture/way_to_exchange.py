"""How Exchange is reached is known below the client's `Transport` only: another way can take the place of this one."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import Module, SourceTree, Violation

CLIENT = "shared/exconn/exchange/"
#: The way that there is.
BELOW = tuple(f"{CLIENT}{part}" for part in ("psrp/", "wsman/", "clixml/", "transcript/", "error_catalog.py"))
#: Who else may import from it, with the reason.
JOINTS = {
    f"{CLIENT}__init__.py": "hands out how a session is ended that somebody left behind",
    f"{CLIENT}beside.py": "sorts the errors that the way hands up beside objects",
    f"{CLIENT}error_mapping.py": "makes the client's errors of what the way says",
    f"{CLIENT}session.py": "opens a session on the way that there is",
    f"{CLIENT}transport.py": "a listener hears the messages of the way",
    "services/exconn/cli/doctor/": "looks at the way itself",
}
_WAYS = ("exconn.exchange.psrp", "exconn.exchange.wsman")
_WORD = re.compile(r"(?<!power)(?<!power_)shell|runspace|psrp|wsman", re.IGNORECASE)
#: Names above that stay, with the reason.
NAMES = {
    "RUNSPACE_FAILED": "operators search for the words of this message",
    "PsrpTransport": "the class that the session opens",
    "SHELL_NOT_FOUND": "a code of the way, mapped to an error of the client",
    "TOO_MANY_SHELLS": "a row of the catalog of errors",
    "RUNSPACE_BUDGET": "a row of the catalog of errors",
    "SHELL_GONE": "a row of the catalog of errors",
    "RemotePowerShellDisabled": "the switch of an account in Exchange",
}


def _is_above(module: Module) -> bool:
    return module.package != "simulator" and not str(module.path).startswith(BELOW)


def only_joints_import_the_way(tree: SourceTree) -> Iterator[Violation]:
    """A worker that imports from the way could not take another."""
    for module in tree.modules:
        if _is_above(module) and not str(module.path).startswith(tuple(JOINTS)):
            for imported in module.imports:
                if imported.name.startswith(_WAYS):
                    yield module.at(imported.line, f"imports {imported.name}: go through the client's session")


def names_above_are_those_of_sessions(tree: SourceTree) -> Iterator[Violation]:
    """Above, it is a session, whatever the way calls it."""
    for module in tree.modules:
        if _is_above(module):
            for name, line in _names(module):
                if _WORD.search(name) and name not in NAMES:
                    yield module.at(line, f"{name}: above the transport it is called a session")


def _names(module: Module) -> Iterator[tuple[str, int]]:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg) or (isinstance(node, ast.keyword) and node.arg):
            yield str(node.arg), node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Name):
            yield node.id, node.lineno
