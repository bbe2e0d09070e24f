"""The tickets that accounts have for themselves, fetched once for each account.

A domain controller counts wrong passwords, and locks the account soon: whoever looks at several addresses and roles
must not try the same password for each of them.
"""

from typing import Any

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.wsman.kerberos import is_kerberos_error, principal


class AccountTickets:
    """What the domain controller said of each account: its ticket, or why there is none."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], list[Any] | Exception] = {}

    def cache_of(self, krb5: Any, endpoint: Endpoint) -> Any:
        """A new cache in memory, with the account's own ticket and none of a service.

        Raises what the library raised when the account was looked at first.
        """
        context = krb5.init_context()
        who = krb5.parse_name_flags(context, principal(endpoint.username).encode())
        key = _key(endpoint)
        if key not in self._known:
            self._known[key] = _found_or_error(krb5, context, who, endpoint)
        found = self._known[key]
        if isinstance(found, Exception):
            raise found
        cache = krb5.cc_new_unique(context, b"MEMORY")
        krb5.cc_initialize(context, cache, who)
        for each in found:
            krb5.cc_store_cred(context, cache, each)
        return cache

    def knows(self, endpoint: Endpoint) -> bool:
        """Whether the account was looked at, so that nobody is shown its secret again."""
        return _key(endpoint) in self._known


def _key(endpoint: Endpoint) -> tuple[object, ...]:
    """By the account alone and not by its password: tries with two passwords are two tries."""
    return (principal(endpoint.username).casefold(), endpoint.ticket_cache_file, endpoint.keytab_file)


def signs_in_by_password(endpoint: Endpoint) -> bool:
    """Whether the password is what the domain controller is asked with."""
    return bool(endpoint.password.get_secret_value())


def has_own_secret(endpoint: Endpoint) -> bool:
    """Whether the endpoint says with what its account signs in; else it is a ticket that somebody else fetched."""
    has_file = endpoint.ticket_cache_file is not None or endpoint.keytab_file is not None
    return has_file or signs_in_by_password(endpoint)


def _found_or_error(krb5: Any, context: Any, who: Any, endpoint: Endpoint) -> list[Any] | Exception:
    try:
        return _found(krb5, context, who, endpoint)
    except Exception as exc:
        if not is_kerberos_error(exc):
            raise
        return exc


def _found(krb5: Any, context: Any, who: Any, endpoint: Endpoint) -> list[Any]:
    options = krb5.get_init_creds_opt_alloc(context)
    if endpoint.ticket_cache_file is not None:
        kept = krb5.cc_resolve(context, f"FILE:{endpoint.ticket_cache_file}".encode())
        return [each for each in kept if bytes(each.server.name).startswith(b"krbtgt/")]
    if endpoint.keytab_file is not None:
        table = krb5.kt_resolve(context, f"FILE:{endpoint.keytab_file}".encode())
        return [krb5.get_init_creds_keytab(context, who, options, table)]
    secret = endpoint.password.get_secret_value().encode()
    return [krb5.get_init_creds_password(context, who, options, password=secret)]
