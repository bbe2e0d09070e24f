"""NTLM, Negotiate and client certificates as pypsrp signs in with them, and what is not let through."""

import base64
import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import spnego
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pypsrp.encryption import WinRMEncryption
from pypsrp.exceptions import AuthenticationError, WinRMTransportError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from tests.support.exchange.simulator import RunningSimulator, running_simulator

WAYS = "ntlm,negotiate,basic"


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """Plain HTTP, where messages are encrypted one by one; with Exchange's own way to write a boundary."""
    directory = tmp_path_factory.mktemp("http")
    with running_simulator(directory, devices=20, tls=False, auth=WAYS, spaced_boundary=True) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def over_https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """HTTPS, where tokens must be bound to the channel."""
    directory = tmp_path_factory.mktemp("https")
    ways = f"{WAYS},certificate"
    with running_simulator(directory, devices=20, auth=ways, channel_binding=True) as simulator:
        yield simulator


@contextmanager
def pool_of(simulator: RunningSimulator, account: str = "actions", **settings: Any) -> Iterator[RunspacePool]:
    """An open pool of stock pypsrp."""
    address = urlsplit(simulator.url)
    values: dict[str, Any] = {
        "username": simulator.username(account),
        "password": simulator.password(account),
        "ssl": address.scheme == "https",
        "cert_validation": simulator.ca_file or True,
    } | settings
    wsman = WSMan(str(address.hostname), port=address.port, path="PowerShell/", no_proxy=True, **values)
    with wsman, RunspacePool(wsman, configuration_name="Microsoft.Exchange") as pool:
        yield pool


def lists_phones(pool: RunspacePool, simulator: RunningSimulator) -> bool:
    """Whether the phones of the servers' domain are listed, which a session sees in every estate."""
    powershell = PowerShell(pool)
    powershell.add_cmdlet("Get-MobileDevice").add_parameter("ResultSize", "Unlimited")
    found = {str(device.adapted_properties["Guid"]) for device in powershell.invoke()}
    powershell.close()
    return found >= {device["guid"] for device in simulator.devices() if device["domain"] == "corp.example"}


@pytest.mark.check("encrypted messages")
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_messages_are_encrypted_over_http_in_both_directions(over_http: RunningSimulator, auth: str) -> None:
    with pool_of(over_http, auth=auth) as pool:
        assert lists_phones(pool, over_http)

        assert pool.connection.transport.encryption is not None


@pytest.mark.check("ways to sign in")
@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "basic"])
def test_every_way_works_over_https(over_https: RunningSimulator, auth: str) -> None:
    with pool_of(over_https, auth=auth) as pool:
        assert lists_phones(pool, over_https)


@pytest.mark.parametrize("spelling", ["CORP\\{0}", "corp.example\\{0}", "{0}@CORP.EXAMPLE", "{0}"])
def test_a_domain_may_be_written_in_every_usual_way(over_http: RunningSimulator, spelling: str) -> None:
    user = over_http.username("actions").partition("@")[0]

    with pool_of(over_http, auth="ntlm", username=spelling.format(user)) as pool:
        assert lists_phones(pool, over_http)


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_wrong_password_is_not_let_in(over_http: RunningSimulator, auth: str) -> None:
    with pytest.raises(AuthenticationError), pool_of(over_http, auth=auth, password="wrong"):
        pass


def test_a_token_that_is_not_bound_to_the_channel_is_not_let_in(over_https: RunningSimulator) -> None:
    with pytest.raises(AuthenticationError), pool_of(over_https, auth="ntlm", negotiate_send_cbt=False):
        pass


@pytest.mark.check("ways to sign in")
def test_a_client_certificate_signs_in_as_the_account_that_it_names(over_https: RunningSimulator) -> None:
    files = over_https.accounts["actions"]
    certificate = {"certificate_pem": files["certificate_file"], "certificate_key_pem": files["key_file"]}

    with pool_of(over_https, auth="certificate", username=None, password=None, **certificate) as pool:
        assert lists_phones(pool, over_https)
        assert pool.shell.owner == over_https.username("actions")


def test_the_key_of_a_client_certificate_is_of_the_kind_that_every_client_reads(over_https: RunningSimulator) -> None:
    key_file = Path(over_https.accounts["actions"]["key_file"])

    # What WinRb signs in with takes RSA only.
    assert isinstance(load_pem_private_key(key_file.read_bytes(), password=None), RSAPrivateKey)


def test_a_certificate_that_is_not_shown_signs_nobody_in(over_https: RunningSimulator) -> None:
    header = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

    assert post(over_https, header)[0] == 401


@pytest.mark.check("encrypted messages")
@pytest.mark.parametrize("byte", ["signature", "ciphertext"])
def test_an_encrypted_message_that_was_tampered_with_is_refused(
    over_http: RunningSimulator, monkeypatch: pytest.MonkeyPatch, byte: str
) -> None:
    with pool_of(over_http, auth="ntlm") as pool:
        shells = over_http.counters()["open_shells"]
        executed = len(over_http.oracle())
        encryption = pool.connection.transport.encryption
        assert encryption is not None
        wrap = WinRMEncryption.wrap_message

        def tampered(message: bytes) -> tuple[str, bytes]:
            media, wrapped = wrap(encryption, message)
            place = wrapped.index(b"octet-stream\r\n") + (18 if byte == "signature" else 60)
            return media, wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]

        monkeypatch.setattr(encryption, "wrap_message", tampered)
        with pytest.raises(WinRMTransportError) as caught:
            lists_phones(pool, over_http)
        monkeypatch.undo()
        # The connection is gone; the shell is not. Its owner comes back on another one and signs in again.
        pool.connection.transport.close()
        pool.connection.transport.encryption = None

        assert caught.value.code == 400
        assert len(over_http.oracle()) == executed
        assert over_http.counters()["open_shells"] == shells
        assert lists_phones(pool, over_http)


@pytest.mark.check("encrypted messages")
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
@pytest.mark.parametrize("way", ["over_http", "over_https"])
def test_a_client_that_writes_no_tabs_and_encrypts_over_https_too_is_answered_alike(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, way: str, auth: str
) -> None:
    simulator: RunningSimulator = request.getfixturevalue(way)
    with pool_of(simulator, auth=auth, encryption="always") as pool:
        encryption = pool.connection.transport.encryption
        assert encryption is not None
        wrap, unwrap = WinRMEncryption.wrap_message, WinRMEncryption.unwrap_message
        opened: list[str] = []

        def as_winrb_writes(message: bytes) -> tuple[str, bytes]:
            media, wrapped = wrap(encryption, message)
            head, octets, encrypted = wrapped.partition(b"\tContent-Type: application/octet-stream\r\n")
            assert octets
            return media, head.replace(b"\t", b"") + octets.lstrip() + encrypted

        def noted(message: bytes, boundary: str) -> bytes:
            opened.append(boundary)
            return unwrap(encryption, message, boundary)

        monkeypatch.setattr(encryption, "wrap_message", as_winrb_writes)
        monkeypatch.setattr(encryption, "unwrap_message", noted)
        assert lists_phones(pool, simulator)
        assert opened


@pytest.mark.check("ways to sign in")
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_bare_ntlm_token_signs_in_under_either_name(over_http: RunningSimulator, scheme: str) -> None:
    assert handshake(over_http, scheme) == [401, 200]


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_handshake_belongs_to_one_connection(over_http: RunningSimulator, scheme: str) -> None:
    # go-psrp may send its last token over another connection than the first.
    assert handshake(over_http, scheme, connection_for_each=True) == [401, 401]


def post(simulator: RunningSimulator, authorization: str | None, body: bytes = b"<x/>") -> tuple[int, list[str]]:
    """Status and challenges of one request without pypsrp."""
    address = urlsplit(simulator.url)
    port = int(address.port or 0)
    host = str(address.hostname)
    if address.scheme == "https":
        trust = ssl.create_default_context(cafile=simulator.ca_file)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=10, context=trust)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=10)
    headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
    if authorization is not None:
        headers["Authorization"] = authorization
    connection.request("POST", address.path, body, headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers.get_all("WWW-Authenticate", [])
    connection.close()
    return found


@pytest.mark.check("ways to sign in")
@pytest.mark.parametrize("authorization", [None, "Digest x", "Negotiate !", "Negotiate AAAA", "NTLM TlRMTVNTUAAB"])
def test_a_stranger_is_told_what_is_offered(over_http: RunningSimulator, authorization: str | None) -> None:
    status, challenges = post(over_http, authorization)

    assert status == 401
    assert challenges == ["Negotiate", "NTLM", 'Basic realm="corp.example"']


@pytest.mark.check("ways to sign in")
def test_only_what_is_switched_on_is_offered_or_accepted(simulator: RunningSimulator) -> None:
    first_ntlm_token = base64.b64encode(b"NTLMSSP\0\1\0\0\0\x97\x82\x08\xe2" + bytes(16)).decode()

    for authorization in (None, f"NTLM {first_ntlm_token}", f"Negotiate {first_ntlm_token}"):
        assert post(simulator, authorization) == (401, ['Basic realm="corp.example"'])


def test_another_method_lets_nobody_in_with_the_right_password(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=1, tls=False, auth="ntlm") as simulator:
        assert handshake(simulator, "NTLM")[-1] == 200
        assert handshake(simulator, "Negotiate")[-1] == 401


def handshake(simulator: RunningSimulator, scheme: str, *, connection_for_each: bool = False) -> list[int]:
    """The statuses of an NTLM handshake under this scheme, over one connection or one for each token."""
    address = urlsplit(simulator.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    context = spnego.client(simulator.username("actions"), simulator.password("actions"), protocol="ntlm")
    token, statuses = context.step(), []
    while token:
        headers = {"Authorization": f"{scheme} {base64.b64encode(token).decode()}"}
        connection.request("POST", address.path, b"", headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        said = (answer.headers.get("WWW-Authenticate") or "").partition(" ")[2]
        token = None if context.complete or not said else context.step(base64.b64decode(said))
        if connection_for_each:
            # The next request opens another one.
            connection.close()
    connection.close()
    return statuses


@pytest.mark.check("encrypted messages")
def test_a_message_that_is_not_encrypted_is_refused_over_http(
    over_http: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WinRMTransportError) as caught, pool_of(over_http, auth="ntlm", encryption="never"):
        pass

    assert caught.value.code == 400
