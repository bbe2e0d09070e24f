"""Looks at the organization's servers: which versions there are, and whether the one asked sees all of them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exconn.cli.doctor.findings import Finding, ok, warning

if TYPE_CHECKING:
    from exconn.exchange import Session

_NUMBER = re.compile(r"Version (\d+)\.(\d+) \(Build (\d+)")
#: Microsoft's page "Exchange Server build numbers and release dates"; from 15.2.2562 on the number is that of SE.
_PRODUCTS = {(14, 0): "2010", (14, 1): "2010", (14, 2): "2010", (14, 3): "2010", (15, 0): "2013", (15, 1): "2016"}
_NEWEST_LINE = (15, 2)
_FIRST_SE_BUILD = 2562


def product(version: str) -> str:
    """The product behind `Version 15.2 (Build 986.5)`, or the text itself."""
    found = _NUMBER.search(version)
    if found is None:
        return version or "unknown"
    major, minor, build = (int(part) for part in found.groups())
    if (major, minor) == _NEWEST_LINE:
        return "SE" if build >= _FIRST_SE_BUILD else "2019"
    return _PRODUCTS.get((major, minor), f"{major}.{minor}")


def version_findings(session: "Session") -> Iterator[Finding]:
    """The servers of an Exchange of the organization's own."""
    if session.hosted:
        yield ok("versions", "a hosted Exchange does not show its servers")
        return
    servers = session.servers()
    products = {server.fqdn.casefold(): product(server.version) for server in servers}
    shown = ", ".join(f"{count} × {name}" for name, count in _counted(list(products.values())))
    order = ["2010", "2013", "2016", "2019", "SE"]
    asked = products.get(session.server.casefold())
    newest = max((order.index(name) for name in products.values() if name in order), default=0)
    if asked in order and order.index(asked) < newest:
        remedy = f"write the address of a {order[newest]} server: an older one does not find the newer one's mailboxes"
        yield warning("versions", f"{shown}; the server asked is {asked}", remedy, products=products)
        return
    yield ok("versions", shown or "no servers shown", products=products)


def _counted(names: list[str]) -> list[tuple[str, int]]:
    return [(name, names.count(name)) for name in sorted(set(names))]
