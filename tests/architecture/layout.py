"""Where files lie: one namespace over two roots, typed packages, small files."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.source_tree import CODE_ROOTS, Module, SourceTree, Violation

LONGEST_FILE = 450
LONGEST_FUNCTION = 60
#: Names that say nothing, so that anything ends up there.
EMPTY_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
#: Words of the protocol: the client has its class, and the simulator, which shares no code with it, has its own.
BOTH_SIDES = {
    "Cmdlet", "Command", "Comparison", "Decoder", "Message", "Parameter", "ParameterSet", "Range", "SealBroken",
}  # fmt: skip
MEASURED = {".py", ".lua", ".html", ".css", ".js", ".yaml", ".yml"}


def package_names_are_in_one_root_only(tree: SourceTree) -> Iterator[Violation]:
    """A name in both roots would be one package to Python and two to readers."""
    places = defaultdict(list)
    for path in tree.packages:
        places[path.name].append(path)
    for name, paths in places.items():
        if len(paths) > 1:
            yield from (Violation(path, 1, f"the package {name} exists in both roots") for path in paths)


def the_namespace_has_no_init(tree: SourceTree) -> Iterator[Violation]:
    """An `__init__.py` right under `exconn` would hide the packages of the other root."""
    for root in CODE_ROOTS:
        path = PurePosixPath(root, "exconn", "__init__.py")
        if path in tree.texts:
            yield Violation(path, 1, "hides the packages of the other root")


def packages_are_typed(tree: SourceTree) -> Iterator[Violation]:
    """Each package says that its annotations count, and is a regular package once it has a module."""
    for path in tree.packages:
        if path / "py.typed" not in tree.texts:
            yield Violation(path, 1, "has no py.typed")
        has_modules = any(module.path.is_relative_to(path) for module in tree.modules)
        if has_modules and path / "__init__.py" not in tree.texts:
            yield Violation(path, 1, "has no __init__.py")


def class_names_occur_once(tree: SourceTree) -> Iterator[Violation]:
    """One name for two things is a wrong turn for everyone who searches for it."""
    places: dict[str, list[tuple[Module, int]]] = defaultdict(list)
    for module in tree.modules:
        for node in module.syntax.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append((module, node.lineno))
    for name, found in places.items():
        both_sides = len(found) == 2 and {module.package for module, _ in found} == {"exchange", "simulator"}
        if len(found) > 1 and not (name in BOTH_SIDES and both_sides):
            yield from (module.at(line, f"there are {len(found)} classes {name}") for module, line in found)


def idle_double_names(tree: SourceTree) -> set[str]:
    """Exceptions that nobody needs any more."""
    of = {
        package: {
            node.name
            for module in tree.modules
            if module.package == package
            for node in module.syntax.body
            if isinstance(node, ast.ClassDef)
        }
        for package in ("exchange", "simulator")
    }
    return BOTH_SIDES - (of["exchange"] & of["simulator"])


def files_are_short(tree: SourceTree) -> Iterator[Violation]:
    """A file longer than this holds more than one idea."""
    for path, text in tree.texts.items():
        lines = text.count("\n") + 1
        if path.suffix in MEASURED and lines > LONGEST_FILE and ".min." not in path.name:
            yield Violation(path, lines, f"has {lines} lines; the limit is {LONGEST_FILE}")


def functions_are_short(tree: SourceTree) -> Iterator[Violation]:
    """A function longer than a screen does several things."""
    for module in tree.modules:
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield module.at(node.lineno, f"{node.name} has {lines} lines; the limit is {LONGEST_FUNCTION}")


def modules_say_what_they_are(tree: SourceTree) -> Iterator[Violation]:
    """A name of the field and a docstring."""
    for module in tree.modules:
        if {module.path.stem, module.package} & EMPTY_NAMES:
            yield module.at(1, "is named by nothing that it does")
        if not ast.get_docstring(module.syntax):
            yield module.at(1, "has no docstring")
