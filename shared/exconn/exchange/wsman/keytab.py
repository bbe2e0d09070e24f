"""Looks into a keytab, and at whether the domain controller still takes its keys.

The keytab of a computer account goes stale when the machine changes its password, by default every 30 days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exconn.exchange.wsman.kerberos import principal

#: KDC_ERR_PREAUTH_FAILED, counted from the base of MIT's error table: the key is not the account's.
_WRONG_KEY = -1765328360
_TICKET, _ENCRYPTED, _VERSION, _SEQUENCE = 0x61, 0xA3, 0xA1, 0x30


@dataclass(frozen=True)
class Keys:
    """What a keytab holds of one account: the newest version, when it was written, its encryption types by number."""

    version: int
    written: datetime
    types: tuple[int, ...]


@dataclass(frozen=True)
class KeytabLook:
    """What was found. `theirs` is the domain controller's version, None where it does not tell.

    `trouble` says in the library's words why there was no ticket; `stale` that the key is not the account's any more.
    """

    account: str
    keys: Keys | None = None
    theirs: int | None = None
    trouble: str = ""
    stale: bool = False


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
        return KeytabLook(account, keys, trouble=_said(exc), stale=_code(exc) == _WRONG_KEY)
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
        return ticket_version(bytes(found.ticket))
    except krb5.Krb5Error as exc:
        if _code(exc) == _WRONG_KEY:
            raise
    krb5.get_init_creds_keytab(context, who, options, table)
    return None


def ticket_version(ticket: bytes) -> int | None:
    """The key version that a ticket names (RFC 4120, 5.3 and 5.2.9); None when it names none."""
    position = _inside(ticket, 0, _TICKET)
    position = _inside(ticket, position, _SEQUENCE)
    position = _inside(ticket, _find(ticket, position, _ENCRYPTED), _ENCRYPTED)
    position = _inside(ticket, position, _SEQUENCE)
    found = _find(ticket, position, _VERSION)
    if found < 0:
        return None
    start, length = _element(ticket, _inside(ticket, found, _VERSION))
    return int.from_bytes(ticket[start : start + length], "big")


def _element(data: bytes, position: int) -> tuple[int, int]:
    """Where the content of an element begins, and how long it is."""
    length, start = data[position + 1], position + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    return start, length


def _inside(data: bytes, position: int, tag: int) -> int:
    if position < 0 or data[position] != tag:
        raise ValueError("no ticket")
    return _element(data, position)[0]


def _find(data: bytes, position: int, tag: int) -> int:
    """The next element of that tag beside the one at `position`; -1 when a later one comes first."""
    while position < len(data) and data[position] < tag:
        start, length = _element(data, position)
        position = start + length
    return position if position < len(data) and data[position] == tag else -1


def _code(exc: Any) -> int | None:
    code = getattr(exc, "err_code", None)
    return code if isinstance(code, int) else None


def _said(exc: Any) -> str:
    return str(getattr(exc, "message", "") or exc).splitlines()[0][:200]
