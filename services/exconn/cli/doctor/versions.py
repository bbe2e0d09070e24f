"""Looks at the organization's servers: versions, whether the one asked sees all of them, support, what is coming."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from exconn.cli.doctor.findings import Finding, ok, warning

if TYPE_CHECKING:
    from exconn.exchange import Server, Session


def product(version: str) -> str:
    """The product behind `Version 15.2 (Build 986.5)`, or the text itself."""
    from exconn.exchange.cmdlets.scope import version_of

    return version_of(version) or version or "unknown"


def version_findings(session: "Session") -> Iterator[Finding]:
    """The servers of an Exchange of the organization's own."""
    from exconn.exchange.cmdlets.scope import ON_PREMISES

    if session.hosted:
        yield ok("versions", "a hosted Exchange does not show its servers")
        return
    servers = session.servers()
    products = {server.fqdn.casefold(): product(server.version) for server in servers}
    shown = ", ".join(f"{count} × {name}" for name, count in _counted(list(products.values())))
    order: list[str] = list(ON_PREMISES)
    own = session.own(servers)
    asked = product(own.version) if own else None
    newest = max((order.index(name) for name in products.values() if name in order), default=0)
    if asked in order and order.index(asked) < newest:
        remedy = f"write the address of a {order[newest]} server: an older one does not find the newer one's mailboxes"
        yield warning("versions", f"{shown}; the server that answers is {asked}", remedy, products=products)
    else:
        yield ok("versions", shown or "no servers shown", products=products)
    yield from _support(servers)


def _support(servers: "list[Server]") -> Iterator[Finding]:
    """One line for each build: how old it is, whether Microsoft supports it, and what is announced for it."""
    from exconn.exchange.support import life_of

    today = datetime.now(UTC).date()
    for build in sorted({server.version for server in servers}):
        life = life_of(build, today)
        names = sorted(server.name for server in servers if server.version == build)
        said = f"{', '.join(names)}: {life}"
        data = {"servers": names, "build": life.build, "version": life.version, "supported": life.supported}
        if life.supported:
            yield ok("support", said, **data)
        else:
            yield warning("support", said, "move to the subscription edition", **data)


def _counted(names: list[str]) -> list[tuple[str, int]]:
    return [(name, names.count(name)) for name in sorted(set(names))]
