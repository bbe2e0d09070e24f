"""Looks at a keytab: whose keys are in it, which version, and whether the domain controller still takes them.

The keytab of a computer account goes stale when the machine changes its password, by default every 30 days. The only
module here that knows the Kerberos libraries, which are optional.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exconn.cli.doctor.findings import Finding, failed, ok, warning
from exconn.cli.doctor.patient import Patient
from exconn.cli.exits import ExitCode

if TYPE_CHECKING:
    from exconn.connector import AccountRole

_RENEW = "make a new keytab for the account; a group managed service account renews its keys by itself"
#: Names of encryption types that are broken or gone (RFC 8429).
_OLD_TYPES = {1: "DES", 3: "DES", 16: "3DES", 23: "RC4"}
#: KDC_ERR_PREAUTH_FAILED, counted from the base of MIT's error table: the key is not the account's.
_WRONG_KEY = -1765328360
_TICKET, _ENCRYPTED, _VERSION, _SEQUENCE = 0x61, 0xA3, 0xA1, 0x30


@dataclass(frozen=True)
class Keys:
    """What a keytab holds of one account: the newest version, when it was written, and its encryption types."""

    version: int
    written: datetime
    types: tuple[int, ...]


def keytab(patient: Patient, role: "AccountRole") -> Iterator[Finding]:
    """The keytab of a role's account, where it signs in with one."""
    account = patient.definition.accounts.of(role) if patient.definition else None
    path: Path | None = getattr(account, "keytab_file", None)
    if account is None or path is None:
        return
    check = f"{role}: keytab"
    try:
        import krb5
    except ImportError:
        yield failed(check, "Kerberos is not installed here", "install exconn with the extra kerberos")
        return
    from exconn.exchange.kerberos import principal

    context = krb5.init_context()
    name = principal(account.username)
    try:
        keys = _keys(krb5, context, path, name)
    except krb5.Krb5Error as exc:
        yield failed(check, f"{path}: {_said(exc)}", _RENEW, ExitCode.BAD_INPUT)
        return
    if keys is None:
        yield failed(check, f"{path} has no key of {name}", "correct username, or make a keytab for it")
        return
    yield _compared(krb5, context, path, name, keys, check)
    if old := sorted({_OLD_TYPES[number] for number in keys.types if number in _OLD_TYPES}):
        remedy = "make a keytab with AES keys; where only old ones are there, signing in fails one day"
        yield warning(check, f"{path} holds keys of {', '.join(old)}, which is broken", remedy)


def _keys(krb5: Any, context: Any, path: Path, name: str) -> Keys | None:
    wanted = krb5.parse_name_flags(context, name.encode()).name
    entries = [e for e in krb5.kt_resolve(context, f"FILE:{path}".encode()) if e.principal.name == wanted]
    if not entries:
        return None
    newest = max(entry.kvno for entry in entries)
    present = [entry for entry in entries if entry.kvno == newest]
    written = datetime.fromtimestamp(max(entry.timestamp for entry in present), UTC)
    return Keys(newest, written, tuple(sorted(entry.key.enctype for entry in present)))


def _compared(krb5: Any, context: Any, path: Path, name: str, keys: Keys, check: str) -> Finding:
    """The version in the file beside the domain controller's, which a ticket tells."""
    said = f"{path} has key version {keys.version} of {name}, written {keys.written:%Y-%m-%d}"
    try:
        theirs = _version_at_kdc(krb5, context, path, name)
    except krb5.Krb5Error as exc:
        if _code(exc) == _WRONG_KEY:
            return failed(check, f"{said}; the domain controller has another: the keytab is stale", _RENEW)
        return failed(check, f"{said}; no ticket: {_said(exc)}", "see krb5.conf, DNS, port 88 and the clocks")
    data = {"version": keys.version, "written": keys.written.isoformat()}
    if theirs is not None and theirs != keys.version:
        return warning(check, f"{said}; the domain controller counts {theirs}", _RENEW, **data, theirs=theirs)
    known = "the domain controller has the same" if theirs is not None else "the domain controller takes it"
    return ok(check, f"{said}; {known}", **data)


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
