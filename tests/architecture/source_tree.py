"""The project's files as the guards see them: Python modules with their imports, and all text files.

A tree is any directory, so that a test can plant a violation in a small one of its own.
"""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

CODE_ROOTS = ("shared", "services")
NOT_OURS = {".git", "__pycache__", "node_modules", "dist", ".exconn", "htmlcov"}
NOT_OURS_PREFIXES = (".venv", ".mypy", ".ruff", ".pytest", ".hypothesis", ".coverage")


@dataclass(frozen=True)
class Violation:
    """One place that breaks a rule."""

    path: PurePosixPath
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Import:
    """One imported module by its full dotted name; `eager` when importing the file imports it too."""

    name: str
    line: int
    eager: bool


@dataclass(frozen=True)
class Module:
    """One Python file of a package, parsed."""

    path: PurePosixPath
    syntax: ast.Module
    source: str

    @cached_property
    def code_root(self) -> str:
        return self.path.parts[0]

    @cached_property
    def package(self) -> str:
        """The name right under `exconn`: the library or the service."""
        return self.path.parts[2].removesuffix(".py")

    @cached_property
    def dotted(self) -> str:
        parts = self.path.with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def is_service(self) -> bool:
        return self.code_root == "services"

    def at(self, line: int, text: str) -> Violation:
        return Violation(self.path, line, text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All of its syntax, without an order."""
        return all_below(self.syntax)

    @cached_property
    def calls(self) -> list[tuple[ast.Call, str]]:
        """Each call with what is called, as written."""
        return [(node, ast.unparse(node.func)) for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def imports(self) -> list[Import]:
        return [
            Import(name, node.lineno, eager=not lazy)
            for node, lazy in _imports(self.syntax, lazy=False)
            for name in self._imported(node)
        ]

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        origin = node.module or ""
        if node.level:
            package = self.dotted.split(".")
            if self.path.name != "__init__.py":
                package.pop()
            base = package[: len(package) - node.level + 1]
            origin = ".".join([*base, origin] if origin else base)
        yield origin
        yield from (f"{origin}.{alias.name}" for alias in node.names)


def all_below(node: ast.AST) -> list[ast.AST]:
    """The node and all below it, in a third of the time of `ast.walk`; without whether a name is read or written."""
    found = [node]
    for each in found:
        for name in each._fields:
            value = getattr(each, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and name != "ctx":
                found.append(value)
    return found


@lru_cache(maxsize=4096)
def _parse(path: PurePosixPath, text: str) -> Module:
    """Planted trees are alike but for a file or two: what has not changed is parsed once."""
    return Module(path, ast.parse(text, str(path)), text)


def _imports(block: ast.AST, *, lazy: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Each import below, and whether it is left out when the file is imported: in functions, and for type checkers."""
    for node in ast.iter_child_nodes(block):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, lazy
        elif not isinstance(node, ast.expr):
            yield from _imports(node, lazy=lazy or _is_lazy(node))


def _is_lazy(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


class SourceTree:
    """All files below a directory that belong to the project."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def relative(self, path: Path) -> PurePosixPath:
        return PurePosixPath(path.relative_to(self.root))

    @cached_property
    def files(self) -> list[Path]:
        found = []
        for directory, names, file_names in os.walk(self.root):
            names[:] = [name for name in names if not _is_foreign(name)]
            found += [Path(directory, name) for name in file_names if not _is_foreign(name)]
        return sorted(found)

    @cached_property
    def texts(self) -> dict[PurePosixPath, str]:
        """Every file that is text."""
        texts = {}
        for path in self.files:
            try:
                texts[self.relative(path)] = path.read_text(encoding="utf-8")
            except (UnicodeDecodeError, FileNotFoundError):
                continue
        return texts

    @cached_property
    def modules(self) -> list[Module]:
        """The Python files of the packages, not of the tests."""
        return list(self._parsed(*CODE_ROOTS))

    @cached_property
    def tests(self) -> list[Module]:
        """The Python files of the tests and of what supports them."""
        return list(self._parsed("tests"))

    def _parsed(self, *roots: str) -> Iterator[Module]:
        for path, text in self.texts.items():
            if path.suffix == ".py" and path.parts[0] in roots:
                yield _parse(path, text)

    @cached_property
    def packages(self) -> dict[PurePosixPath, Path]:
        """Every directory right under an `exconn` that holds any file."""
        found = {}
        for path in self.files:
            parts = self.relative(path).parts
            if len(parts) > 3 and parts[0] in CODE_ROOTS and parts[1] == "exconn":
                found[PurePosixPath(*parts[:3])] = self.root.joinpath(*parts[:3])
        return found


def _is_foreign(name: str) -> bool:
    return name in NOT_OURS or name.startswith(NOT_OURS_PREFIXES) or name.endswith(".egg-info")
