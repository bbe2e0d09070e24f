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
from exconn.exchange.wsman.authentication import SERVICE
from exconn.exchange.wsman.kerberos import is_kerberos_error, is_unknown_service, principal, sign_in_error
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


def asked_for(endpoint: Endpoint) -> ServiceName | None:
    """The service of an endpoint; None without a ticket for the account itself. ImportError without the libraries."""
    import gssapi
    import krb5

    host = endpoint.kerberos_host or endpoint.server.partition(":")[0]
    name = gssapi.Name(f"{SERVICE}@{host}", gssapi.NameType.hostbased_service)
    context = krb5.init_context()
    try:
        cache = _account_ticket(krb5, context, endpoint)
    except krb5.Krb5Error:
        return None
    said = _canonical(gssapi, name) or f"{SERVICE}/{host}"
    try:
        _first_token(gssapi, name, cache)
    except Exception as exc:
        if not is_kerberos_error(exc):
            raise
        failed = _described(host, said)
        return replace(failed, error=sign_in_error(exc, endpoint), is_unknown=is_unknown_service(exc))
    return _described(host, _on_the_ticket(cache) or said)


def _account_ticket(krb5: Any, context: Any, endpoint: Endpoint) -> Any:
    """A cache in memory, with the account's own ticket and none of a service."""
    who = krb5.parse_name_flags(context, principal(endpoint.username).encode())
    options = krb5.get_init_creds_opt_alloc(context)
    if endpoint.ticket_cache_file is not None:
        kept = krb5.cc_resolve(context, f"FILE:{endpoint.ticket_cache_file}".encode())
        found = [each for each in kept if bytes(each.server.name).startswith(b"krbtgt/")]
    elif endpoint.keytab_file is not None:
        table = krb5.kt_resolve(context, f"FILE:{endpoint.keytab_file}".encode())
        found = [krb5.get_init_creds_keytab(context, who, options, table)]
    else:
        secret = endpoint.password.get_secret_value().encode()
        found = [krb5.get_init_creds_password(context, who, options, password=secret)]
    cache = krb5.cc_new_unique(context, b"MEMORY")
    krb5.cc_initialize(context, cache, who)
    for each in found:
        krb5.cc_store_cred(context, cache, each)
    return cache


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
