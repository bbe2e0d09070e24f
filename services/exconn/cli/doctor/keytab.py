"""Looks at the keytab of an account: whose keys are in it, which version, and whether they are still good."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, warning

if TYPE_CHECKING:
    from exconn.contracts import AccountRole
    from exconn.exchange.wsman.keytab import Keys, KeytabLook

_RENEW = "make a new keytab for the account; a group managed service account renews its keys by itself"
#: Names of encryption types that are broken or gone (RFC 8429).
_OLD_TYPES = {1: "DES", 3: "DES", 16: "3DES", 23: "RC4"}


def keytab(worker: ExaminedWorker, role: "AccountRole") -> Iterator[Finding]:
    """The keytab of a role's account, where it signs in with one."""
    from exconn.exchange.wsman.keytab import look_into

    account = worker.definition.accounts.of(role) if worker.definition else None
    if account is None or account.keytab_file is None:
        return
    check, path = f"{role}: keytab", account.keytab_file
    try:
        look = look_into(path, account.username)
    except ImportError:
        yield failed(check, "Kerberos is not installed here", "install exconn with the extra kerberos")
        return
    if look.keys is not None:
        yield _compared(look, look.keys, path, check)
        if old := sorted({_OLD_TYPES[number] for number in look.keys.types if number in _OLD_TYPES}):
            remedy = "make a keytab with AES keys; where only old ones are there, signing in fails one day"
            yield warning(check, f"{path} holds keys of {', '.join(old)}, which is broken", remedy)
    elif look.trouble:
        yield failed(check, f"{path}: {look.trouble}", _RENEW, ExitCode.BAD_INPUT)
    else:
        yield failed(check, f"{path} has no key of {look.account}", "correct username, or make a keytab for it")


def _compared(look: "KeytabLook", keys: "Keys", path: Path, check: str) -> Finding:
    """The version in the file beside the domain controller's."""
    said = f"{path} has key version {keys.version} of {look.account}, written {keys.written:%Y-%m-%d}"
    if look.stale:
        return failed(check, f"{said}; the domain controller has another: the keytab is stale", _RENEW)
    if look.trouble:
        return failed(check, f"{said}; no ticket: {look.trouble}", "see krb5.conf, DNS, port 88 and the clocks")
    versions = {"version": keys.version, "theirs": look.theirs}
    if look.theirs is not None and look.theirs != keys.version:
        return warning(check, f"{said}; the domain controller counts {look.theirs}", _RENEW, **versions)
    known = "has the same" if look.theirs is not None else "takes it"
    return ok(check, f"{said}; the domain controller {known}", **versions)
