"""Which service Kerberos asks for: by the host in the definition, or by another name that DNS has put in its place.

The library decides by `rdns` and `dns_canonicalize_hostname` of krb5.conf. So it is asked, with a ticket as the sign-in
itself would fetch it; Exchange is not spoken to.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import ExchangeError
from exconn.exchange.wsman.account_tickets import AccountTickets, has_own_secret, signs_in_by_password
from exconn.exchange.wsman.authentication import SERVICE
from exconn.exchange.wsman.kerberos import is_kerberos_error, is_unknown_service, sign_in_error
from exconn.exchange.wsman.ticket import ticket_service


class Renamed(StrEnum):
    """Who gave the service another host than the definition."""

    NOBODY = "nobody"
    ALIAS = "alias"
    REVERSE_DNS = "reverse DNS"


@dataclass(frozen=True, slots=True)
class ServiceName:
    """`wanted` is the name by the definition, `asked` the one on the ticket, or that would have been on it."""

    wanted: str
    asked: str
    renamed: Renamed
    #: Addresses of the wanted host.
    addresses: tuple[str, ...] = ()
    #: Why there is no ticket for the service; and whether it is that nobody has registered the name.
    error: ExchangeError | None = None
    is_unknown: bool = False
    #: Whether the account has not even a ticket for itself.
    is_account_refused: bool = False


def asked_for(endpoint: Endpoint, tickets: AccountTickets) -> ServiceName | None:
    """The service of an endpoint; None without a ticket for the account itself. ImportError without the libraries.

    Where it is the password that gets no ticket, that is said: it must not be tried again.
    """
    import gssapi
    import krb5

    if not has_own_secret(endpoint):
        return None
    host = endpoint.kerberos_host or endpoint.server.partition(":")[0]
    said = f"{SERVICE}/{host}"
    cache = None
    try:
        cache = tickets.cache_of(krb5, endpoint)
        name = gssapi.Name(f"{SERVICE}@{host}", gssapi.NameType.hostbased_service)
        said = _canonical(gssapi, name) or said
        _first_token(gssapi, name, cache)
        said = _on_the_ticket(cache) or said
    except Exception as exc:
        if not is_kerberos_error(exc):
            raise
        if cache is None:
            return _without_ticket(exc, endpoint, said) if signs_in_by_password(endpoint) else None
        failed = _described(host, said)
        return replace(failed, error=sign_in_error(exc, endpoint), is_unknown=is_unknown_service(exc))
    return _described(host, said)


def _without_ticket(exc: Exception, endpoint: Endpoint, service: str) -> ServiceName:
    return ServiceName(service, service, Renamed.NOBODY, error=sign_in_error(exc, endpoint), is_account_refused=True)


def _first_token(gssapi: Any, name: Any, cache: Any) -> None:
    store = {b"ccache": cache.cache_type + b":" + cache.name}
    mechanism = gssapi.MechType.kerberos
    credential = gssapi.Credentials(usage="initiate", mechs=[mechanism], store=store)
    gssapi.SecurityContext(name=name, creds=credential, mech=mechanism, usage="initiate").step()


def _on_the_ticket(cache: Any) -> str:
    """Whom the newest ticket for a web service is for; the cache itself keeps it under the name that was wanted."""
    services = [each for each in cache if bytes(each.server.name).startswith(f"{SERVICE}/".encode())]
    with suppress(ValueError):
        return ticket_service(bytes(services[-1].ticket)) if services else ""
    return ""


def _canonical(gssapi: Any, name: Any) -> str:
    """The name as the library writes it, by its settings and DNS; a name without realm ends with an at sign."""
    return str(name.canonicalize(gssapi.MechType.kerberos)).removesuffix("@")


def _described(host: str, asked: str) -> ServiceName:
    found: list[Any] = []
    with suppress(OSError):
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    addresses = tuple(sorted({str(entry[4][0]) for entry in found}))
    forward = found[0][3].casefold() if found else ""
    named = asked.partition("/")[2].partition("@")[0].casefold()
    renamed = Renamed.ALIAS if named == forward else Renamed.REVERSE_DNS
    if named == host.casefold():
        renamed = Renamed.NOBODY
    return ServiceName(f"{SERVICE}/{host}", asked, renamed, addresses)
