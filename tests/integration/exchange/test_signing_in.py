"""Every way of the client to sign in, against a simulated Exchange that offers it: a list is read and a wipe issued."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from exconn.exchange import (
    Ambiguous,
    BlockedByScan,
    EndpointRefused,
    ExchangeError,
    HeaderTooLong,
    Malformed,
    ProxyUnauthorized,
    Session,
    Unauthorized,
)
from tests.support.exchange.endpoints import endpoint_of, unguarded
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.network.connect_proxy import ConnectProxy
from tests.support.network.tap import Tap

WAYS = "ntlm,negotiate,basic"


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    directory = tmp_path_factory.mktemp("http")
    with running_simulator(directory, devices=30, tls=False, auth=WAYS, spaced_boundary=True) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def over_https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """Refuses tokens that are not bound to the TLS channel."""
    directory = tmp_path_factory.mktemp("https")
    ways = f"{WAYS},certificate"
    with running_simulator(directory, devices=30, auth=ways, channel_binding=True) as simulator:
        yield simulator


def lists_and_wipes(session: Session, simulator: RunningSimulator) -> None:
    """The two things that everything is for, and no shell is left behind."""
    devices = devices_of(session)
    victim = next(d["guid"] for d in simulator.devices() if not d["wipe"]["requested"])
    session.clear_device(victim)

    assert len(devices) == simulator.partnership_count()
    assert [entry["outcome"] for entry in simulator.oracle("Clear-*", guid=victim)] == ["ok"]


@contextmanager
def tapped(simulator: RunningSimulator) -> Iterator[tuple[str, Tap]]:
    """The simulator's address behind something that hears, and may change, what passes."""
    with Tap(simulator) as tap:
        yield tap.url, tap


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_over_http_every_message_is_encrypted_both_ways(over_http: RunningSimulator, auth: str) -> None:
    with tapped(over_http) as (url, tap), Session.open(unguarded(over_http, url=url, auth=auth)) as session:
        lists_and_wipes(session, over_http)

    assert b"session-encrypted" in tap.sent
    assert b"session-encrypted" in tap.received
    for plain in (b"Envelope", b"Clear-", b"Obj RefId", over_http.password("actions").encode()):
        assert plain not in tap.sent + tap.received


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "basic"])
def test_over_https_a_token_is_bound_to_the_channel(over_https: RunningSimulator, auth: str) -> None:
    with Session.open(endpoint_of(over_https, auth=auth)) as session:
        lists_and_wipes(session, over_https)


def test_a_client_certificate_signs_in(over_https: RunningSimulator) -> None:
    files = over_https.accounts["actions"]
    certificate: dict[str, Any] = {
        "certificate_file": Path(files["certificate_file"]),
        "certificate_key_file": Path(files["key_file"]),
    }

    with Session.open(endpoint_of(over_https, auth="certificate", password="", **certificate)) as session:
        lists_and_wipes(session, over_https)


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "basic"])
def test_a_wrong_password_is_unauthorized(over_https: RunningSimulator, auth: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        Session.open(endpoint_of(over_https, auth=auth, password="wr0ng-secret"))

    assert "wr0ng-secret" not in str(caught.value)
    assert "password" in str(caught.value)


def test_what_the_server_does_not_offer_is_named_with_what_it_does(simulator: RunningSimulator) -> None:
    with pytest.raises(Unauthorized) as caught:
        Session.open(endpoint_of(simulator, auth="ntlm"))

    assert "auth ntlm is not offered; the server offers basic" in str(caught.value)


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_connection_that_ends_between_two_commands_is_signed_in_again(
    over_http: RunningSimulator, over_https: RunningSimulator, auth: str
) -> None:
    for simulator in (over_http, over_https):
        with tapped(simulator) as (url, tap):
            # A tap that breaks TLS is none: over https it passes bytes, so the name in the certificate stays right.
            with Session.open(unguarded(simulator, url=url, auth=auth)) as session:
                assert len(devices_of(session)) == simulator.partnership_count()
                tap.hang_up()

                assert len(devices_of(session)) == simulator.partnership_count()

            assert simulator.counters()["open_shells"] == 0


@pytest.mark.parametrize("auth", ["ntlm", "basic"])
def test_a_session_goes_through_the_configured_proxy_in_a_tunnel_of_its_own(
    over_http: RunningSimulator, over_https: RunningSimulator, auth: str
) -> None:
    """Also over http: a proxy that shares connections would hand a signed-in one to somebody else."""
    simulator = over_https if auth == "basic" else over_http
    with ConnectProxy() as proxy, Session.open(unguarded(simulator, auth=auth, proxy=proxy.url)) as session:
        assert len(devices_of(session)) == simulator.partnership_count()

    (asked,) = proxy.asked
    target = urlsplit(simulator.url)
    assert asked == f"CONNECT {target.hostname}:{target.port} HTTP/1.1\r\nHost: {target.netloc}\r\n\r\n".encode()
    for secret in (simulator.password("actions").encode(), b"Basic ", b"Envelope"):
        assert secret not in proxy.passed


def test_a_proxy_that_asks_for_an_account_gets_it_and_the_server_does_not(over_https: RunningSimulator) -> None:
    shown = b"Basic " + base64.b64encode(b"out:0f-proxy")
    with ConnectProxy(b"Proxy-Authorization: " + shown) as proxy:
        endpoint = endpoint_of(over_https, proxy=proxy.url, proxy_username="out", proxy_password="0f-proxy")
        with Session.open(endpoint) as session:
            assert len(devices_of(session)) == over_https.partnership_count()
        with pytest.raises(ProxyUnauthorized, match="it asks for an account"):
            Session.open(endpoint_of(over_https, proxy=proxy.url))

    assert [shown in head for head in proxy.asked[:2]] == [True, False]
    assert shown not in proxy.passed


@pytest.mark.parametrize("damage", ["changed", "in the clear"])
def test_an_encrypted_answer_that_was_changed_is_not_believed(over_http: RunningSimulator, damage: str) -> None:
    victim = next(d["guid"] for d in over_http.devices() if not d["wipe"]["requested"])
    with tapped(over_http) as (url, tap), Session.open(unguarded(over_http, url=url, auth="ntlm")) as session:
        assert session.dialect == "MobileDevice"
        tap.damage = _flip if damage == "changed" else _reveal
        with pytest.raises(Malformed) as caught:
            list(session.devices())

    assert ("changed on the way" if damage == "changed" else "not encrypted") in str(caught.value)

    with tapped(over_http) as (url, tap), Session.open(unguarded(over_http, url=url, auth="ntlm")) as session:
        assert session.dialect == "MobileDevice"
        tap.damage = _flip if damage == "changed" else _reveal
        with pytest.raises(Ambiguous):
            session.clear_device(victim)

    assert len(over_http.oracle("Clear-*", guid=victim)) == 1


@pytest.mark.parametrize(("fault", "expected"), [("header_too_long", HeaderTooLong), ("amsi_blocked", BlockedByScan)])
def test_what_turns_a_message_away_before_exchange_need_not_be_encrypted(
    over_http: RunningSimulator, fault: str, expected: type[ExchangeError]
) -> None:
    victim = next(d["guid"] for d in over_http.devices() if not d["wipe"]["requested"])
    with Session.open(unguarded(over_http, auth="ntlm")) as session:
        assert session.dialect == "MobileDevice"
        over_http.fault(fault, "Clear-MobileDevice")
        with pytest.raises(expected):
            session.clear_device(victim)

    assert over_http.oracle("Clear-*", guid=victim) == []
    assert over_http.counters()["open_shells"] == 0


def _flip(answer: bytes) -> bytes:
    """One bit of the encrypted part."""
    place = answer.find(b"octet-stream\r\n")
    return answer if place < 0 else answer[: place + 50] + bytes([answer[place + 50] ^ 1]) + answer[place + 51 :]


def _reveal(answer: bytes) -> bytes:
    """As somebody on the way would answer who has no key: a SOAP message in the clear."""
    if b"session-encrypted" not in answer:
        return answer
    body = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param({"auth": "certificate", "password": ""}, "certificate_file", id="no certificate"),
        pytest.param({"certificate_file": Path("/c.pem")}, "certificate_file", id="certificate beside a password"),
        pytest.param({"keytab_file": Path("/k"), "password": ""}, "keytab_file", id="keytab without kerberos"),
        pytest.param({"auth": "kerberos", "keytab_file": Path("/k")}, "keytab_file", id="keytab and password"),
        pytest.param({"auth": "ntlm", "password": ""}, "password", id="no password"),
        pytest.param({"auth": "ntlm", "url": "http://ex1/PowerShell/"}, "url", id="NTLM over http"),
        pytest.param({"auth": "negotiate", "url": "http://ex1/PowerShell/"}, "url", id="Negotiate over http"),
        pytest.param({"proxy": "https://proxy:3128"}, "proxy", id="proxy over https"),
        pytest.param({"proxy_username": "out", "proxy_password": "pw"}, "proxy_username", id="without proxy"),
        pytest.param({"proxy": "http://p:1", "proxy_username": "o"}, "proxy_username", id="without password"),
        pytest.param({"proxy": "http://user:pw@proxy:3128"}, "proxy", id="credentials of a proxy"),
    ],
)
def test_credentials_that_do_not_fit_the_way_to_sign_in_are_refused(
    simulator: RunningSimulator, settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(EndpointRefused) as caught:
        endpoint_of(simulator, **settings)

    assert caught.value.setting == named
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("setting", ["ca_file", "certificate_file"])
def test_a_file_that_cannot_be_used_is_named(over_https: RunningSimulator, tmp_path: Path, setting: str) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    settings: dict[str, Any] = {"auth": "certificate", "password": "", "certificate_file": broken} | {setting: broken}

    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(EndpointRefused) as caught:
            Session.open(endpoint_of(over_https, **(settings | {setting: path})))

        assert caught.value.setting == setting
        assert str(path) in str(caught.value)
