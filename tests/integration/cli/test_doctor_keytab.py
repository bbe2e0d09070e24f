"""What `exconn doctor` says of a keytab, with a real domain: fresh, stale, of somebody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding
from exconn.cli.doctor.keytab import keytab
from exconn.connector import parse_definition
from tests.support.machine.kdc import REALM, Domain, require_kerberos, running_domain

ACCOUNT = f"exconn-discovery@{REALM}"


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domain]:
    require_kerberos()
    with running_domain(tmp_path_factory.mktemp("kerberos")) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in domain.environment.items():
        monkeypatch.setenv(name, value)


def finding(path: Path, account: str = ACCOUNT) -> Finding:
    """What is found of an account that signs in with that keytab."""
    text = f"""
name = "contoso"
[exchange]
url = "http://localhost/PowerShell/"
[accounts.discovery]
username = "{account}"
keytab_file = "{path}"
"""
    (found,) = keytab(ExaminedWorker(definition=parse_definition(text)), "discovery")
    return found


def test_a_fresh_keytab_has_the_version_of_the_domain_controller(domain: Domain) -> None:
    domain.add_account(ACCOUNT)

    found = finding(domain.keytab(ACCOUNT))

    assert found.state == "ok", found
    assert "key version 1" in found.said
    assert "the domain controller has the same" in found.said


def test_a_keytab_is_stale_after_the_account_got_another_key(domain: Domain) -> None:
    account = f"computer@{REALM}"
    domain.add_account(account)
    path = domain.keytab(account)
    domain.change_key(account)

    found = finding(path, account)

    assert found.state == "failed"
    assert "the keytab is stale" in found.said
    assert "group managed service account" in found.next


def test_a_keytab_of_another_account_and_one_that_is_not_there_are_told(domain: Domain) -> None:
    domain.add_account(f"other@{REALM}")

    assert "has no key of" in finding(domain.keytab(f"other@{REALM}"), f"third@{REALM}").said
    assert finding(Path("/nowhere/keytab")).state == "failed"


def test_the_types_of_the_keys_are_told(domain: Domain) -> None:
    account = f"typed@{REALM}"
    domain.add_account(account, "aes256-cts-hmac-sha1-96:normal,arcfour-hmac")

    found = finding(domain.keytab(account), account)

    assert (found.state, found.data["types"]) == ("ok", ["AES256", "RC4"])
    assert "(AES256, RC4)" in found.said


def test_a_keytab_of_rc4_alone_is_refused_with_the_cause_and_the_remedy(domain: Domain) -> None:
    account = f"old@{REALM}"
    path = domain.keytab_of_password(account, domain.add_account(account), "arcfour-hmac")

    found = finding(path, account)

    assert found.state == "failed"
    assert "CVE-2026-20833" in found.said
    assert "msDS-SupportedEncryptionTypes" in found.said
    assert "AES" in found.next


def test_an_account_that_may_use_rc4_is_warned(domain: Domain) -> None:
    account = f"excepted@{REALM}"
    domain.add_account(account, "arcfour-hmac")

    found = finding(domain.keytab(account), account)

    assert found.state == "warning"
    assert "still takes them" in found.said
    assert "CVE-2026-20833" in found.said
