"""Who may log on, with which password and role.

Three accounts are made at the start, one per worker of the connector; a file can name others:
`{"<name>": {"username": "...", "password": "...", "role": "discovery|policy|actions|audit|all|none"}}`, and beside the
role `"without": ["Clear-*", "Set-CASMailbox -ActiveSyncBlockedDeviceIDs"]` and `"also": ["Remove-Mailbox"]`.
"""

import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from pydantic import BaseModel, ConfigDict, SecretStr, TypeAdapter

from exconn.simulator.errors import SimulatorError
from exconn.simulator.organization.roles import ROLES, RoleEntry, UnknownEntry, read_entry

DOMAIN = "corp.example"


class AccountsFileError(SimulatorError):
    """The accounts file cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"accounts file {path}: {problem}; each entry needs username, password and a role of {ROLES}")


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """One account that may open shells."""

    name: str
    username: str
    password: SecretStr
    role: str
    without: tuple[RoleEntry, ...] = ()
    also: tuple[RoleEntry, ...] = ()

    def with_rights(self, without: list[str], also: list[str]) -> "SimulatedAccount":
        """The account with these entries taken from its role and given to it; UnknownEntry names a bad one."""
        taken = tuple(read_entry(text, known=True) for text in without)
        return replace(self, without=taken, also=tuple(read_entry(text, known=False) for text in also))


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    username: str
    password: SecretStr
    role: str
    without: list[str] = []
    also: list[str] = []


def generate_accounts() -> list[SimulatedAccount]:
    """One account per worker, with fresh passwords."""
    return [
        SimulatedAccount(role, f"exconn-{role}@{DOMAIN}", SecretStr(secrets.token_urlsafe(18)), role)
        for role in ("discovery", "policy", "actions")
    ]


def read_accounts(path: Path) -> list[SimulatedAccount]:
    """The accounts of a file; AccountsFileError says what is wrong with it."""
    try:
        entries = TypeAdapter(dict[str, _Entry]).validate_python(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as exc:
        raise AccountsFileError(path, str(exc).splitlines()[0]) from exc
    unknown = sorted({e.role for e in entries.values()} - set(ROLES))
    if unknown:
        raise AccountsFileError(path, f"unknown role {unknown[0]!r}")
    try:
        return [
            SimulatedAccount(name, e.username, e.password, e.role).with_rights(e.without, e.also)
            for name, e in entries.items()
        ]
    except UnknownEntry as exc:
        raise AccountsFileError(path, str(exc)) from exc


def write_password(account: SimulatedAccount, directory: Path) -> Path:
    """Put the password into a file that only its owner can read."""
    path = directory / f"{account.name}.password"
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(account.password.get_secret_value())
    return path


class SimulatedAccounts:
    """Checks user names and passwords, and knows what rights each account has now.

    A change of rights shows `rights_delay` seconds later, as where the directory replicates it first.
    """

    def __init__(self, accounts: list[SimulatedAccount], rights_delay: float = 0.0) -> None:
        self._lock = Lock()
        self._rights_delay = rights_delay
        self._by_username = {a.username.lower(): a for a in accounts}
        #: By name, from when on which rights; the first ones from the beginning.
        self._rights = {a.name: [(0.0, a)] for a in accounts}
        self._by_short_name = {(_short(a.username)[0], ""): a for a in accounts}
        self._by_short_name |= {_short(a.username): a for a in accounts}
        self.all = accounts

    def present(self, account: SimulatedAccount) -> SimulatedAccount:
        """The account with the rights that a session opened now gets."""
        with self._lock:
            now = time.monotonic()
            known = [rights for since, rights in self._rights.get(account.name, ()) if since <= now]
            return known[-1] if known else account

    def change_rights(self, name: str, without: list[str], also: list[str]) -> SimulatedAccount | None:
        """Other rights for sessions opened from now on, or after the delay; None when there is no such account."""
        with self._lock:
            if (rights := self._rights.get(name)) is None:
                return None
            changed = rights[-1][1].with_rights(without, also)
            rights.append((time.monotonic() + self._rights_delay, changed))
            return changed

    def restore_rights(self, name: str | None = None) -> bool:
        """The rights of the start again, at once, of one account or of all."""
        with self._lock:
            first = {a.name: [(0.0, a)] for a in self.all if name in (None, a.name)}
            self._rights.update(first)
            return bool(first)

    def set_password(self, name: str, password: SecretStr) -> bool:
        """Another password for Basic from now on, as when it was rotated; false when there is no such account."""
        with self._lock:
            for username, account in self._by_username.items():
                if account.name == name:
                    self._by_username[username] = replace(account, password=password)
                    return True
            return False

    def authenticate(self, username: str, password: str) -> SimulatedAccount | None:
        """The account, if the password is right; user names are compared without case."""
        account = self._by_username.get(username.lower())
        expected = account.password.get_secret_value() if account else ""
        right = hmac.compare_digest(expected.encode(), password.encode())
        return account if account is not None and right else None

    def named(self, principal: str) -> SimulatedAccount | None:
        r"""The account behind a name that was proven otherwise: name, name@DOMAIN, DOMAIN\name, or as it is written."""
        return self._by_username.get(principal.lower()) or self._by_short_name.get(_short(principal))


def _short(name: str) -> tuple[str, str]:
    """The user, and the first label of the domain, whichever way the two are written."""
    domain, slash, user = name.lower().rpartition("\\")
    if not slash:
        user, _, domain = name.lower().partition("@")
    return user, domain.split(".")[0]
