"""The doctor asks a domain controller with a password once; what Kerberos libraries raise is a line, no crash."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from exconn.cli.doctor.command import _or_failed
from exconn.cli.doctor.examined_worker import ROLES, ExaminedWorker
from exconn.cli.doctor.findings import Finding, ok
from exconn.cli.doctor.names import service_names
from exconn.connector import parse_definition

PREAUTH_FAILED = -1765328360


class Krb5Error(Exception):
    """As the library raises it."""

    __module__ = "krb5._exceptions"

    def __init__(self, code: int = PREAUTH_FAILED) -> None:
        super().__init__("text of a library")
        self.err_code = code


class GSSError(Exception):
    """As the other library raises it."""

    __module__ = "gssapi.raw.misc"


class Libraries:
    """In the place of krb5 and gssapi, which need a domain: every password is wrong."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passwords: list[bytes] = []
        self.canonical: Callable[[], str] = lambda: "HTTP/ex1.corp.example@CORP.EXAMPLE"
        krb5, gssapi = ModuleType("krb5"), ModuleType("gssapi")
        for name in ("init_context", "parse_name_flags", "get_init_creds_opt_alloc", "cc_initialize", "cc_resolve"):
            setattr(krb5, name, lambda *_: [])
        cache = SimpleNamespace(cache_type=b"MEMORY", name=b"1")
        vars(krb5).update(cc_new_unique=lambda *_: cache, get_init_creds_password=self._refuse)
        written = SimpleNamespace(canonicalize=lambda _: self.canonical())
        vars(gssapi).update(
            Name=lambda *_: written,
            NameType=SimpleNamespace(hostbased_service=1),
            MechType=SimpleNamespace(kerberos=1),
        )
        monkeypatch.setitem(sys.modules, "krb5", krb5)
        monkeypatch.setitem(sys.modules, "gssapi", gssapi)

    def _refuse(self, *_: Any, password: bytes) -> None:
        self.passwords.append(password)
        raise Krb5Error


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> Libraries:
    return Libraries(monkeypatch)


def worker(secret: str) -> ExaminedWorker:
    """Six addresses, and three roles with one account."""
    sites = "".join(
        f'[[exchange.servers]]\nsite = "s{number}"\nurl = "https://ex{number}.corp.example/PowerShell/"\n'
        for number in range(6)
    )
    accounts = "".join(f'[accounts.{role}]\nusername = "svc@CORP.EXAMPLE"\n{secret}\n' for role in ROLES)
    text = f'name = "north"\n[exchange]\nauth = "kerberos"\n{sites}{accounts}'
    return ExaminedWorker(definition=parse_definition(text))


def found(examined: ExaminedWorker) -> list[Finding]:
    return [finding for role in ROLES for finding in service_names(examined, role)]


def test_a_wrong_password_is_tried_once_for_all_addresses_and_roles(libraries: Libraries, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong")
    secret.chmod(0o600)
    examined = worker(f'password_file = "{secret}"')

    findings = found(examined)

    assert libraries.passwords == [b"wrong"]
    assert [(each.check, each.state) for each in findings] == [(f"{role}: service name", "failed") for role in ROLES]
    assert all("not its present one" in each.said for each in findings)
    # So that the sign-in does not try it either.
    assert examined.without_ticket == list(ROLES)


@pytest.mark.slow  # looks its made-up host up
@pytest.mark.parametrize("error", [GSSError, Krb5Error])
def test_a_name_that_the_library_cannot_write_is_a_finding(libraries: Libraries, error: type[Exception]) -> None:
    def refuse() -> str:
        raise error

    libraries.canonical = refuse

    findings = found(worker('ticket_cache_file = "/run/tickets"'))

    assert {each.state for each in findings} == {"failed"}
    assert libraries.passwords == []


def test_what_a_kerberos_library_raises_anywhere_is_one_line() -> None:
    def look() -> Iterator[Finding]:
        yield ok("keytab", "first")
        raise GSSError

    _, finding = _or_failed("discovery keytab", look)

    assert (finding.check, finding.state) == ("discovery keytab", "failed")
    assert "GSSError" in finding.said
