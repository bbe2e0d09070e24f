"""The doctor shows a domain controller each secret once, and counts it; what Kerberos libraries raise is no crash."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from exconn.cli.doctor.command import _or_failed
from exconn.cli.doctor.examined_worker import ROLES, ExaminedWorker
from exconn.cli.doctor.findings import Finding, ok
from exconn.cli.doctor.keytab import keytab
from exconn.cli.doctor.names import service_names
from exconn.connector import parse_definition
from exconn.sessions.sign_in import MOST_TRIES, SignIns

if TYPE_CHECKING:
    import redis

PREAUTH_FAILED, NO_KDC = -1765328360, -1765328228


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
        self.keys = 0
        self.code = PREAUTH_FAILED
        self.canonical: Callable[[], str] = lambda: "HTTP/ex1.corp.example@CORP.EXAMPLE"
        krb5, gssapi = ModuleType("krb5"), ModuleType("gssapi")
        for name in ("init_context", "get_init_creds_opt_alloc", "cc_initialize", "cc_resolve"):
            setattr(krb5, name, lambda *_: [])
        cache = SimpleNamespace(cache_type=b"MEMORY", name=b"1")
        vars(krb5).update(cc_new_unique=lambda *_: cache, get_init_creds_password=self._refuse)
        who = SimpleNamespace(name=b"svc")
        key = SimpleNamespace(principal=who, kvno=2, timestamp=0, key=SimpleNamespace(enctype=18))
        vars(krb5).update(parse_name_flags=lambda *_: who, kt_resolve=lambda *_: [key], Krb5Error=Krb5Error)
        vars(krb5).update(get_init_creds_keytab=self._refuse_key)
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
        raise Krb5Error(self.code)

    def _refuse_key(self, *_: Any, **__: Any) -> None:
        self.keys += 1
        raise Krb5Error(self.code)


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> Libraries:
    return Libraries(monkeypatch)


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    """The line of a definition that names a file with a wrong password."""
    secret = tmp_path / "password"
    secret.write_text("wrong")
    secret.chmod(0o600)
    return f'password_file = "{secret}"'


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


def test_a_wrong_password_is_tried_once_for_all_addresses_and_roles(libraries: Libraries, wrong: str) -> None:
    examined = worker(wrong)

    findings = found(examined)

    assert libraries.passwords == [b"wrong"]
    assert [(each.check, each.state) for each in findings] == [(f"{role}: service name", "failed") for role in ROLES]
    assert all("not its present one" in each.said for each in findings)
    # So that the sign-in does not try it either.
    assert examined.without_ticket == list(ROLES)


def test_a_wrong_password_counts_for_all_workers_and_is_not_shown_again_when_the_tries_are_used_up(
    libraries: Libraries, wrong: str, redis_client: "redis.Redis"
) -> None:
    counted = SignIns(redis_client, "north", "svc@CORP.EXAMPLE")
    runs = [worker(wrong) for _ in range(MOST_TRIES + 2)]
    for each in runs:
        each.client = redis_client

    findings = [found(each) for each in runs]

    assert len(libraries.passwords) == MOST_TRIES
    assert [len(each) for each in findings] == [len(ROLES)] * MOST_TRIES + [0, 0]
    assert counted.begin().all_refused
    # The sign-in goes on to say that, and is stopped by the same limit.
    assert runs[-1].without_ticket == []


def test_a_stale_key_counts_like_a_wrong_password(
    libraries: Libraries, tmp_path: Path, redis_client: "redis.Redis"
) -> None:
    path = tmp_path / "keytab"
    path.touch(0o600)
    states = []
    for _ in range(MOST_TRIES + 1):
        examined = worker(f'keytab_file = "{path}"')
        examined.client = redis_client
        states.append([finding.state for finding in keytab(examined, "discovery")])

    assert libraries.keys == MOST_TRIES
    assert states == [["failed"]] * MOST_TRIES + [[]]


def test_a_domain_controller_that_does_not_answer_has_seen_no_password(
    libraries: Libraries, wrong: str, redis_client: "redis.Redis"
) -> None:
    libraries.code = NO_KDC
    examined = worker(wrong)
    examined.client = redis_client

    (finding, *_) = found(examined)

    assert "no domain controller answers" in finding.said
    assert SignIns(redis_client, "north", "svc@CORP.EXAMPLE").begin().refused == 0


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
