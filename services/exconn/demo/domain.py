"""The demo's own Kerberos domain: the simulated Exchange is a service in it, the three accounts sign in by keytabs."""

import importlib.util
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from exconn.contracts.roles import AccountRole
from exconn.demo.kdc import Kdc, KdcError

REALM = "EXCONN.DEMO"
SERVICE = "HTTP/localhost"
ROLES: tuple[AccountRole, ...] = ("discovery", "policy", "actions")


@dataclass(frozen=True, kw_only=True)
class DemoDomain:
    """A domain that is made and not started yet."""

    kdc: Kdc
    #: Role to the keytab of its account.
    keytabs: dict[str, Path]
    #: How the simulated Exchange is told.
    simulator: dict[str, str]


def account(role: str) -> str:
    """The name of a role's account."""
    return f"exconn-{role}@{REALM}"


def make_domain(directory: Path) -> DemoDomain:
    """The database with all accounts. Raises KdcError with what must be installed."""
    if lacking := [name for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]:
        raise KdcError(f"{' and '.join(lacking)} not installed: run ./run kerberos, then run this again")
    kdc = Kdc(directory, REALM)
    for name in (SERVICE, *map(account, ROLES)):
        kdc.add_service(name)
    users = kdc.directory / "users.json"
    users.touch(mode=0o600)
    # The simulator lets accounts in by ticket; the passwords are nobody's.
    entries = {r: {"username": account(r), "password": secrets.token_hex(12), "role": r} for r in ROLES}
    users.write_text(json.dumps(entries), encoding="utf-8")
    settings = {"AUTH": "kerberos", "TLS": "false", "NAMES": "localhost", "KEYTAB": str(kdc.keytab(SERVICE))}
    return DemoDomain(
        kdc=kdc,
        keytabs={role: kdc.keytab(account(role)) for role in ROLES},
        simulator={f"EXCONN_SIMULATOR_{name}": value for name, value in (settings | {"USERS": str(users)}).items()},
    )
