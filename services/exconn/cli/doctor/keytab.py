"""Looks at the keytab of an account: whose keys are in it, which version, and whether they are still good."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, warning

if TYPE_CHECKING:
    from exconn.contracts import AccountRole
    from exconn.exchange.wsman.keytab import Keys, KeytabLook

_RENEW = "make a new keytab for the account; a group managed service account renews its keys by itself"
_NEW_KEYS = "set the account's password once more, and make a keytab with AES keys (ktpass -crypto AES256-SHA1)"
#: Names of encryption types (RFC 3961, 3962, 8009), and which of them are broken (RFC 8429).
_TYPES = {1: "DES", 3: "DES", 16: "3DES", 17: "AES128", 18: "AES256", 19: "AES128-SHA2", 20: "AES256-SHA2", 23: "RC4"}
_BROKEN = frozenset({"DES", "3DES", "RC4"})
_RC4_IS_OFF = (
    "RC4 is off in Kerberos since the updates of July 2026 (CVE-2026-20833), except for accounts whose "
    "msDS-SupportedEncryptionTypes names it"
)


def keytab(worker: ExaminedWorker, role: "AccountRole") -> Iterator[Finding]:
    """The keytab of a role's account, where it signs in with one."""
    from exconn.exchange import NoSeat, TriesUsedUp

    account = worker.definition.accounts.of(role) if worker.definition else None
    if account is None or account.keytab_file is None:
        return
    check, path = f"{role}: keytab", account.keytab_file
    try:
        look = _look_into(worker, role, path)
    except (NoSeat, TriesUsedUp):
        return  # the sign-in says so
    except ImportError:
        worker.without_ticket.append(role)
        yield failed(check, "Kerberos is not installed here", "in a checkout: ./run kerberos; the images have it")
        return
    if look.keys is not None:
        finding = _compared(look, look.keys, path, check)
    elif look.trouble:
        finding = failed(check, f"{path}: {look.trouble}", _RENEW, ExitCode.BAD_INPUT)
    else:
        finding = failed(check, f"{path} has no key of {look.account}", "correct username, or make a keytab for it")
    if finding.state == "failed":
        worker.without_ticket.append(role)
    yield finding


def _look_into(worker: ExaminedWorker, role: "AccountRole", path: Path) -> "KeytabLook":
    """The keytab and whether its key is taken: one that is not counts as a wrong password."""
    from exconn.exchange.wsman.keytab import look_into

    endpoint = worker.endpoint(role)
    shared = worker.shared_account(role, endpoint)
    if shared is None:
        return look_into(path, endpoint.username)
    return shared.show_secret(endpoint, lambda: look_into(path, endpoint.username), is_refused=lambda look: look.stale)


def _type_names(keys: "Keys") -> list[str]:
    return sorted({_TYPES.get(number, f"type {number}") for number in keys.types})


def _compared(look: "KeytabLook", keys: "Keys", path: Path, check: str) -> Finding:
    """Types and version in the file beside what the domain controller takes."""
    types, version = _type_names(keys), f"key version {keys.version} of {look.account}"
    data: dict[str, Any] = {"version": keys.version, "theirs": look.theirs, "types": types}
    said = f"{path} has {version} ({', '.join(types)}), written {keys.written:%Y-%m-%d}"
    broken_only = set(types) <= _BROKEN
    if look.stale:
        return failed(check, f"{said}; the domain controller has another: the keytab is stale", _RENEW, **data)
    if look.refused_types:
        cause = _RC4_IS_OFF if broken_only else "the account may have no key of these types, or the domain forbids them"
        return failed(check, f"{said}; the domain controller refuses them: {cause}", _NEW_KEYS, **data)
    if look.trouble:
        return failed(check, f"{said}; no ticket: {look.trouble}", "see krb5.conf, DNS, port 88 and the clocks", **data)
    if broken_only:
        return warning(check, f"{said}; the domain controller still takes them: {_RC4_IS_OFF}", _NEW_KEYS, **data)
    if look.theirs is not None and look.theirs != keys.version:
        return warning(check, f"{said}; the domain controller counts {look.theirs}", _RENEW, **data)
    known = "has the same" if look.theirs is not None else "takes it"
    return ok(check, f"{said}; the domain controller {known}", **data)
