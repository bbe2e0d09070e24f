"""Where tests lie: each kind of test for itself, what they share in `tests/support`, unit tests as their packages."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.architecture.source_tree import Module, SourceTree, Violation

SHARED = "support"
#: What unit tests test beside the packages: folders of the project itself.
FOLDERS = {("deploy",), ("docs",), (SHARED,)}


def tiers_share_only_support(tree: SourceTree) -> Iterator[Violation]:
    """A tier can be read, run and changed without another."""
    for module in tree.tests:
        own = module.path.parts[1]
        for line, other in sorted({(i.line, i.name.split(".")[1]) for i in module.imports if _is_of_tests(i.name)}):
            if other not in (own, SHARED):
                yield module.at(line, f"tests/{own} imports from tests/{other}; share it in tests/{SHARED}")


def _is_of_tests(name: str) -> bool:
    return name.startswith("tests.")


def unit_tests_lie_as_their_packages(tree: SourceTree) -> Iterator[Violation]:
    """The test of `exconn/a/b` is found in `tests/unit/a/b`."""
    packages = {module.path.parts[2:-1] for module in tree.modules if len(module.path.parts) > 3}
    for module in tree.tests:
        if module.path.parts[:2] != ("tests", "unit"):
            continue
        folder = module.path.parts[2:-1]
        if folder in FOLDERS:
            continue
        if folder not in packages:
            yield module.at(1, f"there is no package {'/'.join(folder) or 'of no name'}")
            continue
        homes = {_package_of(name, packages) for name in _imported_of(module, folder)}
        if len(homes) == 1 and folder not in homes:
            yield module.at(1, f"tests one package alone: move it to {PurePosixPath('tests/unit', *homes.pop())}")


def _imported_of(module: Module, folder: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What the test imports of the package that its folder stands for."""
    for imported in module.imports:
        parts = tuple(imported.name.split("."))
        if parts[0] == "exconn" and parts[1 : len(folder) + 1] == folder:
            yield parts[1:]


def _package_of(name: tuple[str, ...], packages: set[tuple[str, ...]]) -> tuple[str, ...]:
    return next(name[:length] for length in range(len(name), 0, -1) if name[:length] in packages)
