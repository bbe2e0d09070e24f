"""Looks into a keytab, and at whether the domain controller still takes its keys.

The keytab of a computer account goes stale when the machine changes its password, by default every 30 days.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exconn.exchange.wsman.kerberos import principal
from exconn.exchange.wsman.ticket import ticket_version

#: KDC_ERR_PREAUTH_FAILED, counted from the base of MIT's error table: the key is not the account's.
_WRONG_KEY = -1765328360
#: KDC_ERR_ETYPE_NOSUPP, no encryption type that both know; and the library's own, that the domain controller wants
#: keys of other types than the keytab has.
_NO_TYPE = frozenset({-1765328370, -1765328174})


@dataclass(frozen=True)
class Keys:
    """What a keytab holds of one account: the newest version, when it was written, its encryption types by number."""

    version: int
    written: datetime
    types: tuple[int, ...]


@dataclass(frozen=True)
class KeytabLook:
    """What was found. `theirs` is the domain controller's version, None where it does not tell.

    `trouble` says in the library's words why there was no ticket; `stale` that the key is not the account's any more;
    `refused_types` that the domain controller takes no key of these encryption types.
    """

    account: str
    keys: Keys | None = None
    theirs: int | None = None
    trouble: str = ""
    stale: bool = False
    refused_types: bool = False


def look_into(path: Path, username: str) -> KeytabLook:
    """Read the keytab and ask the domain controller. Raises ImportError without the extra `kerberos`."""
    import krb5

    account = principal(username)
    context = krb5.init_context()
    try:
        keys = _keys(krb5, context, path, account)
    except krb5.Krb5Error as exc:
        return KeytabLook(account, trouble=_said(exc))
    if keys is None:
        return KeytabLook(account)
    try:
        theirs = _version_at_kdc(krb5, context, path, account)
    except krb5.Krb5Error as exc:
        code = _code(exc)
        return KeytabLook(account, keys, None, _said(exc), stale=code == _WRONG_KEY, refused_types=code in _NO_TYPE)
    return KeytabLook(account, keys, theirs)


def _keys(krb5: Any, context: Any, path: Path, name: str) -> Keys | None:
    wanted = krb5.parse_name_flags(context, name.encode()).name
    entries = [e for e in krb5.kt_resolve(context, f"FILE:{path}".encode()) if e.principal.name == wanted]
    if not entries:
        return None
    newest = max(entry.kvno for entry in entries)
    present = [entry for entry in entries if entry.kvno == newest]
    written = datetime.fromtimestamp(max(entry.timestamp for entry in present), UTC)
    return Keys(newest, written, tuple(sorted(entry.key.enctype for entry in present)))


def _version_at_kdc(krb5: Any, context: Any, path: Path, name: str) -> int | None:
    """The version of the account's key at the domain controller; None where it does not tell.

    A ticket for the account itself is encrypted with the account's key, and names its version. A controller that
    gives no such ticket still proves the key by an ordinary one.
    """
    who = krb5.parse_name_flags(context, name.encode())
    options = krb5.get_init_creds_opt_alloc(context)
    table = krb5.kt_resolve(context, f"FILE:{path}".encode())
    try:
        found = krb5.get_init_creds_keytab(context, who, options, table, in_tkt_service=name.encode())
        with suppress(ValueError):
            return ticket_version(bytes(found.ticket))
        return None
    except krb5.Krb5Error as exc:
        if _code(exc) in _NO_TYPE | {_WRONG_KEY}:
            raise
    krb5.get_init_creds_keytab(context, who, options, table)
    return None


def _code(exc: Any) -> int | None:
    code = getattr(exc, "err_code", None)
    return code if isinstance(code, int) else None


def _said(exc: Any) -> str:
    return str(getattr(exc, "message", "") or exc).splitlines()[0][:200]
