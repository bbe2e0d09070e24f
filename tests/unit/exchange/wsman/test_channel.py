"""The way of one message to a server that means no good: a typed error in bounded time, and no secret said too much.

Real sockets; nothing of pypsrp and nothing of a simulator.
"""

import base64
import gzip
import itertools
import socket
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exconn.exchange import Endpoint, Malformed, ProxyUnauthorized, Unauthorized, Unreachable
from exconn.exchange.error_mapping import NoAnswer
from exconn.exchange.wsman.channel import Channel
from exconn.exchange.wsman.deadline import Deadline
from exconn.exchange.wsman.http import Connection
from tests.support.network.hostile_server import Answers, Hostile, Request, http_answer, tls_files

pytestmark = pytest.mark.slow

USER, PASSWORD = "svc-exconn", "s3cret-of-svc"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode())
SOAP = "application/soap+xml;charset=UTF-8"
MESSAGE = b"<Envelope>the message</Envelope>"
#: What one message may take with `SECONDS` and a second to connect, on a busy machine.
SECONDS, AT_MOST = 0.3, 8.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    return tls_files(tmp_path_factory.mktemp("tls"), "127.0.0.1", "localhost")


def https(files: tuple[Path, object], answers: Answers) -> Hostile:
    return Hostile(answers, tls=files[1])  # type: ignore[arg-type]


def endpoint(url: str, ca_file: Path | None = None, **settings: object) -> Endpoint:
    values: dict[str, Any] = {
        "url": url,
        "auth": "basic" if url.startswith("https") else "ntlm",
        "username": USER,
        "password": PASSWORD,
        "ca_file": ca_file,
        "connect_timeout": timedelta(seconds=1),
        "operation_timeout": timedelta(seconds=1),
    }
    values |= settings
    if url.startswith("https"):
        return Endpoint.model_validate(values)
    # Refused in service; the way of a message over http is the same as with Kerberos, which needs a domain.
    return Endpoint.model_construct(**(values | {"password": SecretStr(PASSWORD)}))


def failure(settings: Endpoint, expected: type[Exception], *, times: int = 2) -> str:
    """What the error says; it came in time, names no secret, and the channel can be used again and closed."""
    started = time.monotonic()
    channel = Channel(settings)
    for _ in range(times):
        with pytest.raises(expected) as caught:
            channel.send(MESSAGE, SECONDS)
        assert PASSWORD not in f"{caught.value} {caught.value!r}"
    channel.close()
    assert time.monotonic() - started < times * AT_MOST
    return str(caught.value)


# -- redirects ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["basic", "ntlm", "negotiate"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(files: tuple[Path, object], status: int, auth: str) -> None:
    with Hostile(lambda _: http_answer(200)) as elsewhere:

        def redirect(request: Request) -> Iterable[bytes]:
            return http_answer(status, Location="/other/" if request.number == 1 else elsewhere.url)

        with https(files, redirect) as server:
            said = failure(endpoint(server.url, files[0], auth=auth), NoAnswer)

    assert f"HTTP {status}, a redirect, which is never followed" in said
    assert elsewhere.connections == 0
    assert b"POST /other/" not in server.seen
    # Tokens go only to somebody who has asked for them; Basic goes with the first request, to a server proven by TLS.
    assert (b"Authorization" in server.seen) == (auth == "basic")


# -- compression ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x-unknown"])
def test_a_compressed_answer_is_refused(files: tuple[Path, object], coding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with https(files, lambda _: http_answer(200, bomb, Content_Encoding=coding, Content_Type=SOAP)) as server:
        said = failure(endpoint(server.url, files[0]), Malformed)

    assert f"a compressed answer ({coding}), though only plain ones are taken" in said
    assert b"Accept-Encoding: identity\r\n" in server.seen


# -- answers without end --------------------------------------------------------------------------------------


def head_that_drips() -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from (f"X-{number}: y\r\n".encode() for number in itertools.count())


def body_that_drips() -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 100000\r\n\r\n"
    yield from itertools.repeat(b" ")


def chunks_that_drip() -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"1\r\n \r\n")


def go_on_for_ever() -> Iterable[bytes]:
    yield from itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")


def a_line_that_drips() -> Iterable[bytes]:
    yield from itertools.repeat(b"H")


def silence() -> Iterable[bytes]:
    yield from itertools.repeat(b"")


@pytest.mark.parametrize(
    "endless",
    [head_that_drips, body_that_drips, chunks_that_drip, go_on_for_ever, a_line_that_drips, silence],
    ids=lambda endless: endless.__name__,
)
def test_an_answer_without_end_ends_with_the_time(files: tuple[Path, object], endless: object) -> None:
    with https(files, lambda _: endless()) as server:  # type: ignore[operator]
        assert "no answer in time" in failure(endpoint(server.url, files[0]), NoAnswer, times=1)


def test_an_answer_that_is_too_large_is_not_kept(files: tuple[Path, object]) -> None:
    def flood(_: Request) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from itertools.repeat(b"100000\r\n" + bytes(0x100000) + b"\r\n")

    with https(files, flood) as server:
        assert "more than 8388608 bytes" in failure(endpoint(server.url, files[0]), Malformed)
    with https(files, lambda _: [b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"]) as server:
        assert "more than 8388608 bytes" in failure(endpoint(server.url, files[0]), Malformed)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([b"\r\n\r\n\r\n"], id="no status"),
        pytest.param([b"SSH-2.0-x\r\n"], id="another protocol"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"], id="shorter than it says"),
        pytest.param([b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"], id="thousand headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"], id="header without end"),
    ],
)
def test_an_answer_that_breaks_off_or_is_no_http_is_no_answer(files: tuple[Path, object], answer: list[bytes]) -> None:
    def once(request: Request) -> Iterable[bytes]:
        yield from answer
        raise OSError("hangs up")

    with https(files, once) as server:
        assert "the connection broke" in failure(endpoint(server.url, files[0]), NoAnswer)


# -- signing in -----------------------------------------------------------------------------------------------


def test_a_server_that_never_has_enough_of_tokens_is_left(files: tuple[Path, object]) -> None:
    """An NTLM challenge again and again, also after the final token."""
    challenge = base64.b64encode(ntlm_challenge()).decode()

    with https(files, lambda _: http_answer(401, WWW_Authenticate=f"NTLM {challenge}")) as server:
        failure(endpoint(server.url, files[0], auth="ntlm"), Unauthorized)

    assert server.requests <= 2 * 4
    assert PASSWORD.encode() not in server.seen


def ntlm_challenge() -> bytes:
    """A CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2) without target information."""
    flags = (0x00088207).to_bytes(4, "little")
    return b"NTLMSSP\0" + (2).to_bytes(4, "little") + bytes(8) + flags + b"12345678" + bytes(8) + bytes(16)


@pytest.mark.parametrize("token", ["!!", "AAAA", base64.b64encode(b"NTLMSSP\0\2\0\0\0").decode(), "A" * 60_000])
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_token_that_makes_no_sense_lets_nobody_in(files: tuple[Path, object], auth: str, token: str) -> None:
    with https(files, lambda _: http_answer(401, WWW_Authenticate=f"Negotiate {token}")) as server:
        channel = Channel(endpoint(server.url, files[0], auth=auth))
        with pytest.raises((Unauthorized, Malformed)):
            channel.send(MESSAGE, SECONDS)
        channel.close()


@pytest.mark.parametrize("offered", ["Basic realm=x", "Digest realm=x", ""])
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_password_is_never_said_because_a_server_asks_for_it(auth: str, offered: str) -> None:
    with Hostile(lambda _: http_answer(401, WWW_Authenticate=offered)) as server:
        said = failure(endpoint(server.url, auth=auth), Unauthorized)

    assert "is not offered" in said
    assert b"Authorization" not in server.seen
    assert b"<Envelope>" not in server.seen


def test_over_http_nothing_but_a_challenge_is_accepted_at_first() -> None:
    """A message in the clear would be read on the way: it waits for a key."""
    with Hostile(lambda _: http_answer(200, b"<ok/>", Content_Type=SOAP)) as server:
        failure(endpoint(server.url), NoAnswer)

    assert b"<Envelope>" not in server.seen


# -- TLS where there is none, and the other way round ---------------------------------------------------------


def test_https_to_a_port_without_tls_is_unreachable_and_says_why() -> None:
    with Hostile(lambda _: http_answer(400)) as server:
        said = failure(endpoint(server.url.replace("http:", "https:")), Unreachable)

    assert "no TLS came about" in said
    assert "https" in said
    assert BASIC not in server.seen


def test_http_to_a_port_with_tls_says_nothing_secret(files: tuple[Path, object]) -> None:
    with https(files, lambda _: http_answer(400)) as server:
        channel = Channel(endpoint(server.url.replace("https:", "http:"), auth="ntlm"))
        with pytest.raises((Unreachable, NoAnswer)) as caught:
            channel.send(MESSAGE, SECONDS)
        channel.close()

    assert "https" in str(caught.value)
    assert server.seen == b""


def test_every_address_of_a_name_gets_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first says nothing at all: its queue of connections is full."""
    with socket.socket() as silent, Hostile(lambda _: http_answer(401)) as server:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(silent.getsockname())
        known = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
            for port in (silent.getsockname()[1], server.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
        said = failure(endpoint(server.url), Unauthorized, times=1)
        for filler in fillers:
            filler.close()

    assert "is not offered" in said


# -- the environment and the proxy ----------------------------------------------------------------------------


def test_the_environment_gives_no_proxy_and_no_credentials(
    files: tuple[Path, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password of-netrc\n", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with Hostile(lambda _: http_answer(200)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with https(files, lambda _: http_answer(200, b"<ok/>", Content_Type=SOAP)) as server:
            channel = Channel(endpoint(server.url, files[0]))
            assert channel.send(MESSAGE, SECONDS) == (200, "<ok/>")
            channel.close()

    assert proxy.connections == 0
    assert server.seen.count(b"Authorization: Basic " + BASIC) == 1


def test_a_configured_proxy_learns_only_where_to(files: tuple[Path, object]) -> None:
    with Hostile(lambda _: http_answer(407)) as proxy:
        settings = endpoint("https://ex1.corp.example/PowerShell/", proxy=f"http://127.0.0.1:{proxy.port}")
        said = failure(settings, ProxyUnauthorized)

    assert f"the proxy 127.0.0.1:{proxy.port}: it asks for an account" in said
    assert "proxy_password_file" in said
    assert proxy.seen.startswith(b"CONNECT ex1.corp.example:443 HTTP/1.1\r\n")
    assert b"Authorization" not in proxy.seen


@pytest.mark.parametrize(
    ("asks", "word"),
    [("Basic realm=x", "refuses the account out"), ("NTLM", "by ntlm, and only basic"), ("", "refuses the account")],
)
def test_a_proxy_that_refuses_the_account_is_named_and_the_password_is_not(asks: str, word: str) -> None:
    with Hostile(lambda _: http_answer(407, Proxy_Authenticate=asks)) as proxy:
        settings = endpoint(
            "https://ex1.corp.example/PowerShell/",
            proxy=f"http://127.0.0.1:{proxy.port}",
            proxy_username="out",
            proxy_password="0f-proxy",
        )
        said = failure(settings, ProxyUnauthorized)

    assert word in said
    assert "0f-proxy" not in said
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"out:0f-proxy") + b"\r\n" in proxy.seen


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        pytest.param(lambda _: http_answer(502), "HTTP 502", id="refused"),
        pytest.param(lambda _: [b"nonsense\r\n\r\n"], "no answer of a proxy", id="no proxy"),
        pytest.param(lambda _: http_answer(407) * 2, "it asks for an account", id="asks twice"),
        pytest.param(lambda _: [b"HTTP/1.1 407 X\r\nProxy-Auth"], "timed out", id="asks and breaks off"),
        pytest.param(lambda _: silence(), "timed out", id="silent"),
        pytest.param(lambda _: head_that_drips(), "", id="drips"),
    ],
)
def test_a_proxy_that_does_not_connect_is_named(answers: Answers, word: str) -> None:
    with Hostile(answers) as proxy:
        settings = endpoint("http://ex1.corp.example/PowerShell/", proxy=f"http://127.0.0.1:{proxy.port}")
        said = failure(settings, Unreachable)

    assert f"the proxy 127.0.0.1:{proxy.port}: " in said
    assert word in said


# -- what keeps a session on one server -----------------------------------------------------------------------


def test_cookies_of_a_load_balancer_come_back_and_are_bounded(files: tuple[Path, object]) -> None:
    def balanced(request: Request) -> Iterable[bytes]:
        lines = [f"Set-Cookie: c{number}=v{request.number}; path=/; HttpOnly" for number in range(60)]
        lines += [f"Set-Cookie: long={'x' * 5000}", f"Content-Type: {SOAP}", "Content-Length: 5"]
        return [("HTTP/1.1 200 OK\r\n" + "\r\n".join(lines) + "\r\n\r\n<ok/>").encode()]

    with https(files, balanced) as server:
        channel = Channel(endpoint(server.url, files[0]))
        for _ in range(3):
            channel.send(MESSAGE, SECONDS)
        channel.close()

    last = bytes(server.seen).rpartition(b"Cookie: ")[2].partition(b"\r\n")[0].split(b"; ")
    assert server.connections == 1
    assert last[:2] == [b"c0=v2", b"c1=v2"]
    assert len(last) == 32


def test_a_connection_for_which_no_time_is_left_is_a_server_out_of_reach() -> None:
    connection = Connection(endpoint("http://127.0.0.1:1/PowerShell/"))

    with pytest.raises(Unreachable, match="time was over"):
        connection.ensure(Deadline(0))
