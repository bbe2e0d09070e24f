"""Which server to ask for a site, and which one after it: pure functions over what is configured and what is known.

The order is that of Configuration Manager's connector: the configured server (or array) of the site, then its Client
Access servers that Exchange names, then its mailbox servers. A site in which nobody answers is reached through
another site, in the same order.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from exconn.exchange.records import Server

#: Candidates beyond this many are not looked at: nobody waits for the ninetieth server.
MOST_CANDIDATES = 64
#: Where the back end of a mailbox server listens. It takes no clients, so no address is made with these.
BACK_END_PORTS = frozenset({81, 444})

_VERSION = re.compile(r"(\d{1,5})\.(\d{1,5})(?:\s*\(Build\s+(\d{1,6})\.(\d{1,6})\)|\.(\d{1,6})\.(\d{1,6}))?")
#: A host name, or an IP address.
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|[0-9A-Fa-f:.]{2,45}", re.ASCII)
#: From Exchange 2016 on every mailbox server takes clients; there is no Client Access role to look for.
_ONE_ROLE = (15, 1)


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """A configured address, and the Active Directory site that it serves."""

    site: str
    url: str


class CandidateSource(StrEnum):
    """How a candidate is known, in the order in which they are asked."""

    CONFIGURED = "configured"
    CLIENT_ACCESS = "client access server"
    MAILBOX = "mailbox server"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be asked."""

    url: str
    site: str
    step: CandidateSource

    @property
    def server(self) -> str:
        """Host, and port where it is not the usual one: what circuits and people tell servers apart by."""
        return server_of(self.url)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def candidates_for_site(
    site: str, configured: Sequence[SiteAddress], servers: Iterable[Server] = (), *, domains: Sequence[str] = ()
) -> tuple[Candidate, ...]:
    """The addresses to ask for `site`, the best first, each once.

    `configured` must not be empty. A site that no configured address serves is reached through the others.
    Addresses of discovered servers have scheme, port, path and query of the configured one nearest to them; servers
    outside the domains of the configured ones, and of `domains`, are left out.
    """
    usable = [
        server
        for server in servers
        if server.fqdn and not server.edge and may_be_shown(server.fqdn, configured, domains)
    ]
    found = [
        Candidate(_address_of(server, _nearest(server.site, configured)), server.site, step)
        for step in (CandidateSource.CLIENT_ACCESS, CandidateSource.MAILBOX)
        for server in _newest_first(usable)
        if _step_of(server) is step
    ]
    named = [Candidate(address.url, address.site, CandidateSource.CONFIGURED) for address in configured]
    here = {site.casefold()} | _sites_of_hosts(site, configured, usable)
    near = [candidate for candidate in (*named, *found) if candidate.site.casefold() in here]
    far = [candidate for candidate in (*named, *found) if candidate.site.casefold() not in here]
    return tuple(_each_once((*near, *far)))[:MOST_CANDIDATES]


def may_be_shown(host: str, configured: Sequence[SiteAddress], domains: Sequence[str] = ()) -> bool:
    """Whether a password may go to a discovered server: where one is configured, in its domain, or in `domains`.

    The list of servers comes from Exchange through a store that several services write; the definition is signed.
    What is no host name is never shown one: as a part of an address it could lead elsewhere.
    """
    if _HOST.fullmatch(host) is None:
        return False
    name = host.casefold().rstrip(".")
    own = [(urlsplit(address.url).hostname or "").casefold() for address in configured]
    parents = [parent for parent in (_parent(each) for each in own) if parent]
    return name in own or any(name == each or name.endswith(f".{each}") for each in (*parents, *domains))


def _parent(host: str) -> str:
    """The domain of a host; none for an IP address, or where only a top-level domain would be left."""
    _, _, domain = host.partition(".")
    return "" if "." not in domain or host.replace(".", "").isdigit() or ":" in host else domain


def server_of(url: str) -> str:
    """`host`, or `host:port` where the port is not the usual one of the address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"


def build_of(text: str) -> tuple[int, ...]:
    """`Version 15.2 (Build 986.5)` or `15.2.986.5` as numbers; empty when it is neither."""
    found = _VERSION.search(text)
    return tuple(int(part) for part in found.groups() if part is not None) if found else ()


def older_than_newest(host: str, servers: Iterable[Server]) -> Server | None:
    """The newest server, when the one at `host` is known and has an older major or minor version.

    Mailboxes on a newer version may not show through an older server.
    """
    known = [server for server in servers if not server.edge and build_of(server.version)]
    asked = next((server for server in known if host.casefold() in _names(server)), None)
    if asked is None:
        return None
    newest = max(known, key=lambda server: build_of(server.version))
    return newest if build_of(newest.version)[:2] > build_of(asked.version)[:2] else None


def _step_of(server: Server) -> CandidateSource | None:
    """None for a server that no session can be opened on."""
    if server.client_access or (server.mailbox and build_of(server.version)[:2] >= _ONE_ROLE):
        return CandidateSource.CLIENT_ACCESS
    return CandidateSource.MAILBOX if server.mailbox else None


def _newest_first(servers: Iterable[Server]) -> list[Server]:
    by_name = sorted(servers, key=lambda server: server.fqdn.casefold())
    return sorted(by_name, key=lambda server: build_of(server.version), reverse=True)


def _nearest(site: str, configured: Sequence[SiteAddress]) -> str:
    same = (address.url for address in configured if address.site.casefold() == site.casefold())
    return next(same, configured[0].url)


def _address_of(server: Server, like: str) -> str:
    parts = urlsplit(like)
    port = f":{parts.port}" if parts.port and parts.port not in BACK_END_PORTS else ""
    host = f"[{server.fqdn}]" if ":" in server.fqdn else server.fqdn
    # The query says which version the client is for, to whichever server.
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, parts.query, ""))


def _sites_of_hosts(site: str, configured: Sequence[SiteAddress], servers: Iterable[Server]) -> set[str]:
    """The sites in which Exchange has the configured servers of `site`, whatever the definition calls it."""
    hosts = {
        (urlsplit(address.url).hostname or "").casefold()
        for address in configured
        if address.site.casefold() == site.casefold()
    }
    return {server.site.casefold() for server in servers if _names(server) & hosts}


def _names(server: Server) -> set[str]:
    return {server.fqdn.casefold(), server.name.casefold()} - {""}


def _each_once(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.server not in seen:
            seen.add(candidate.server)
            yield candidate
