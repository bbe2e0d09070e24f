"""Kerberos against a real KDC: a session, a sweep's reads and a wipe, and what each mishap of Kerberos says."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.exchange import Endpoint, EndpointRefused, ExchangeError, Gaps, Session, Unauthorized, Unreachable
from tests.support.exchange.lists import devices_of, owners_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.kdc import REALM, Domain, require_kerberos, running_domain
from tests.support.network.tap import Tap

SERVICE = "HTTP/localhost"
#: A second name of the same server, whose key in the domain is changed by a test.
CHANGED = "HTTP/changed.localhost"
ACCOUNTS = ("discovery", "actions")
DEVICES = 30


@dataclass
class Site:
    """A domain, and Exchange in it, over plain HTTP and over HTTPS."""

    domain: Domain
    passwords: dict[str, str]
    keytabs: dict[str, Path]
    over_http: RunningSimulator
    over_https: RunningSimulator


def account(role: str) -> str:
    return f"exconn-{role}@{REALM}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    require_kerberos()
    directory = tmp_path_factory.mktemp("kerberos")
    with running_domain(directory) as domain:
        passwords = {role: domain.add_account(account(role)) for role in ACCOUNTS}
        keytabs = {role: domain.keytab(account(role)) for role in ACCOUNTS}
        for service in (SERVICE, CHANGED):
            domain.add_service(service)
        users = directory / "users.json"
        entries = {r: {"username": account(r), "password": passwords[r], "role": r} for r in ACCOUNTS}
        users.write_text(json.dumps(entries), "utf-8")
        settings: dict[str, Any] = {
            "devices": DEVICES,
            "auth": "kerberos",
            "keytab": domain.keytab(SERVICE, CHANGED),
            "names": "localhost",
            "users": users,
        }
        with (
            running_simulator(directory, tls=False, **settings) as over_http,
            running_simulator(directory, channel_binding=True, **settings) as over_https,
        ):
            yield Site(domain, passwords, keytabs, over_http, over_https)


@pytest.fixture(autouse=True)
def environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator sets for the whole process: where the KDC is, nothing of accounts."""
    for name, value in site.domain.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KRB5CCNAME", "FILE:/nowhere/cache")


def endpoint(simulator: RunningSimulator, role: str = "actions", **settings: object) -> Endpoint:
    values: dict[str, object] = {
        "url": simulator.url,
        "auth": "kerberos",
        "username": account(role),
        "ca_file": simulator.ca_file,
        "connect_timeout": timedelta(seconds=5),
        "operation_timeout": timedelta(seconds=5),
    }
    return Endpoint.model_validate(values | settings)


def reads_and_wipes(session: Session, simulator: RunningSimulator) -> None:
    devices = devices_of(session)
    owner = devices[0].owner_dn
    mailbox = next(each for each in owners_of(session) if each.distinguished_name == owner)
    statistics = session.statistics_of_mailbox(mailbox.guid, Gaps())
    victim = next(each["guid"] for each in simulator.devices() if not each["wipe"]["requested"])
    session.clear_device(victim)

    assert len(devices) == simulator.partnership_count()
    assert {each.guid for each in statistics} <= {each.guid for each in devices}
    assert [entry["outcome"] for entry in simulator.oracle("Clear-*", guid=victim)] == ["ok"]
    assert session.statistics_of_device(victim).wipe.requested is not None


def test_over_http_a_keytab_signs_in_and_every_message_is_encrypted(site: Site) -> None:
    with Tap(site.over_http, host="localhost") as tap:
        reached = endpoint(site.over_http, url=tap.url, keytab_file=site.keytabs["actions"])
        with Session.open(reached) as session:
            reads_and_wipes(session, site.over_http)

    assert b"session-encrypted" in tap.sent
    assert b"Envelope" not in tap.sent + tap.received
    assert site.over_http.counters()["open_shells"] == 0


def test_over_https_a_keytab_signs_in_and_is_bound_to_the_channel(site: Site) -> None:
    with Session.open(endpoint(site.over_https, keytab_file=site.keytabs["actions"])) as session:
        reads_and_wipes(session, site.over_https)


def test_a_password_gets_a_ticket(site: Site) -> None:
    with Session.open(endpoint(site.over_http, password=site.passwords["actions"])) as session:
        assert len(devices_of(session)) == site.over_http.partnership_count()


def test_a_ticket_cache_that_something_else_keeps_is_used(site: Site) -> None:
    cache = site.domain.ticket_cache(account("actions"), site.keytabs["actions"])

    with Session.open(endpoint(site.over_http, ticket_cache_file=cache)) as session:
        assert len(devices_of(session)) == site.over_http.partnership_count()


def test_two_accounts_of_one_process_do_not_meet(site: Site) -> None:
    before = dict(os.environ)
    with (
        Session.open(endpoint(site.over_http, "discovery", keytab_file=site.keytabs["discovery"])) as reader,
        Session.open(endpoint(site.over_http, "actions", keytab_file=site.keytabs["actions"])) as actor,
    ):
        reader_can, actor_can = (each.clear_device for each in (reader, actor))
        victim = next(each["guid"] for each in site.over_http.devices() if not each["wipe"]["requested"])
        with pytest.raises(ExchangeError, match="does not have this cmdlet"):
            reader_can(victim)
        actor_can(victim)

    assert dict(os.environ) == before


def test_negotiate_takes_kerberos_where_it_can(site: Site) -> None:
    """This server takes nothing else."""
    reached = endpoint(site.over_https, auth="negotiate", password=site.passwords["actions"])

    with Session.open(reached) as session:
        assert len(devices_of(session)) == site.over_https.partnership_count()


def test_an_array_is_reached_under_the_name_that_holds_the_key(site: Site) -> None:
    array = site.over_http.url.replace("localhost", "127.0.0.1")
    keytab = site.keytabs["actions"]

    with Session.open(endpoint(site.over_http, url=array, kerberos_host="localhost", keytab_file=keytab)) as session:
        assert len(devices_of(session)) == site.over_http.partnership_count()
    with pytest.raises(Unauthorized) as caught:
        Session.open(endpoint(site.over_http, url=array, keytab_file=keytab))

    assert "no account holds the service name HTTP/127.0.0.1" in str(caught.value)
    assert "kerberos_host" in str(caught.value)


def failing(settings: Endpoint, expected: type[ExchangeError], *words: str) -> None:
    with pytest.raises(expected) as caught:
        Session.open(settings)
    said = str(caught.value)
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said


def test_a_wrong_password_says_so_and_stays_secret(site: Site) -> None:
    with pytest.raises(Unauthorized) as caught:
        Session.open(endpoint(site.over_http, password="wr0ng-secret"))

    assert "present password" in str(caught.value)
    assert "wr0ng-secret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


def test_an_account_that_the_domain_does_not_know_is_named(site: Site) -> None:
    failing(endpoint(site.over_http, username=f"nobody@{REALM}", password="x"), Unauthorized, "nobody@", "name@REALM")


def test_a_keytab_from_before_the_key_was_changed_says_so(site: Site) -> None:
    name = f"rotated@{REALM}"
    site.domain.add_account(name)
    stale = site.domain.keytab(name)
    site.domain.change_key(name)

    failing(endpoint(site.over_http, username=name, keytab_file=stale), Unauthorized, "present one", "new keytab")


def test_a_keytab_without_the_account_or_without_a_file_says_so(site: Site, tmp_path: Path) -> None:
    other = site.keytabs["discovery"]

    failing(endpoint(site.over_http, keytab_file=other), Unauthorized, "no key for", account("actions"))
    failing(endpoint(site.over_http, keytab_file=tmp_path / "none"), EndpointRefused, "none cannot be read", "readable")


def test_an_expired_or_missing_ticket_says_so(site: Site, tmp_path: Path) -> None:
    keytab = site.keytabs["actions"]
    cache = site.domain.outdated_cache(account("actions"), keytab)

    failing(endpoint(site.over_http, ticket_cache_file=cache), Unauthorized, "expired", "kinit")
    failing(endpoint(site.over_http, ticket_cache_file=tmp_path / "none"), Unauthorized, "does not exist", "kinit")


def test_a_server_with_an_older_key_than_the_domain_says_so(site: Site) -> None:
    site.domain.change_key(CHANGED)
    name = CHANGED.partition("/")[2]

    failing(
        endpoint(site.over_http, kerberos_host=name, keytab_file=site.keytabs["actions"]),
        Unauthorized,
        CHANGED,
        "key",
    )


def test_a_domain_without_a_controller_that_answers_is_unreachable(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Path(site.domain.environment["KRB5_CONFIG"]).read_text("utf-8")
    nobody = tmp_path / "krb5.conf"
    nobody.write_text(config.replace("kdc = 127.0.0.1:", "kdc = 127.0.0.1:1\n        #"), "utf-8")
    monkeypatch.setenv("KRB5_CONFIG", str(nobody))

    failing(
        endpoint(site.over_http, keytab_file=site.keytabs["actions"]), Unreachable, "domain controller", "krb5.conf"
    )


def test_kerberos_never_becomes_ntlm(site: Site, tmp_path: Path) -> None:
    with running_simulator(tmp_path, tls=False, auth="negotiate,ntlm,basic") as other:
        with Tap(other, host="localhost") as tap:
            failing(endpoint(other, url=tap.url, password=site.passwords["actions"]), Unauthorized, "not accepted")

        assert b"TlRMTVNTUAA" not in tap.sent
        assert b"Basic" not in tap.sent
        assert site.passwords["actions"].encode() not in tap.sent
