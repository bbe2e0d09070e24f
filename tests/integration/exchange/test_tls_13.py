"""Signing in over TLS 1.3 at a directory that asks for client certificates, and with TLS 1.2 where that fails."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from exconn.exchange import Endpoint, Malformed, Session
from exconn.exchange.error_mapping import NoAnswer
from exconn.exchange.wsman.channel import Channel
from exconn.exchange.wsman.tls_versions import (
    MOST_REMEMBERED,
    NOT_SUPPORTED,
    forget_lowered,
    lowered,
    remember_lowered,
)
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.network import hostile_server
from tests.support.network.hostile_server import Hostile, http_answer, tls_files

SOAP = "application/soap+xml;charset=UTF-8"


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget_lowered()
    yield
    forget_lowered()


@contextmanager
def server(tmp_path: Path, tls_13: str, auth: str = "basic") -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path, devices=3, tls_13=tls_13, auth=auth) as simulator:
        yield simulator


def connections(simulator: RunningSimulator) -> int:
    return int(simulator.control("GET", "/servers")["servers"][0]["connections"])


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
def test_a_certificate_that_is_asked_for_after_the_handshake_need_not_be_there(tmp_path: Path, auth: str) -> None:
    with server(tmp_path, "asks", auth) as simulator:
        endpoint = endpoint_of(simulator, auth=auth)
        with Session.open(endpoint) as session:
            assert len(devices_of(session)) == simulator.partnership_count()

        assert lowered(endpoint.server, endpoint.port) == ""
        assert connections(simulator) == 1


def test_a_client_that_can_not_be_asked_is_reset(tmp_path: Path) -> None:
    """What the simulator does without the setting of our client."""
    with server(tmp_path, "asks") as simulator:
        context = ssl.create_default_context(cafile=simulator.ca_file)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        with pytest.raises(ConnectionResetError):
            urlopen(Request(simulator.url, b"", method="POST"), context=context, timeout=5)


@pytest.mark.parametrize("auth", ["basic", "ntlm"])
@pytest.mark.parametrize(("tls_13", "why"), [("resets", "the connection broke"), ("unsupported", "0x80070032")])
def test_where_tls_13_fails_it_signs_in_once_more_with_tls_12_and_remembers(
    tmp_path: Path, auth: str, tls_13: str, why: str
) -> None:
    with server(tmp_path, tls_13, auth) as simulator:
        endpoint = endpoint_of(simulator, auth=auth)
        with Session.open(endpoint) as session:
            assert len(devices_of(session)) == simulator.partnership_count()
        tried = connections(simulator)

        assert why in lowered(endpoint.server, endpoint.port)
        assert tried == 2
        with Session.open(endpoint) as session:
            assert session.organization_settings().guid
        assert connections(simulator) == tried + 1
        assert simulator.counters()["open_shells"] == 0


def hostile_endpoint(server: Hostile, ca_file: Path) -> Endpoint:
    return Endpoint.model_validate({"url": server.url, "username": "svc", "password": "pw", "ca_file": ca_file})


REFUSAL = b"<html>Error code 0x80070032</html>"


@pytest.mark.parametrize(
    ("answer", "expected", "tries"),
    [
        pytest.param(http_answer(500, REFUSAL, Content_Type="text/html"), NoAnswer, 2, id="always"),
        pytest.param(http_answer(500, REFUSAL * 2, Content_Type="text/html"), NoAnswer, 2, id="doubled"),
        pytest.param([http_answer(500, REFUSAL)[0][:-20]], NoAnswer, 1, id="cut off"),
        pytest.param(http_answer(500, b"x" * 5000 + REFUSAL), NoAnswer, 1, id="somewhere in a long page"),
        pytest.param(http_answer(200, REFUSAL, Content_Type=SOAP), None, 1, id="a good answer that quotes it"),
        pytest.param(http_answer(200, REFUSAL, Content_Type="text/html"), Malformed, 1, id="a page"),
    ],
)
def test_a_server_that_fails_with_tls_12_as_well_is_tried_twice_and_not_remembered(
    tmp_path: Path, answer: list[bytes], expected: type[Exception] | None, tries: int
) -> None:
    ca_file, context = tls_files(tmp_path, "127.0.0.1")

    def then_nothing(_: hostile_server.Request) -> Iterable[bytes]:
        yield from answer
        raise OSError("hangs up")

    with Hostile(then_nothing, tls=context) as server:
        endpoint = hostile_endpoint(server, ca_file)
        channel = Channel(endpoint)
        if expected is None:
            channel.send(b"<a/>", 5)
        else:
            with pytest.raises(expected):
                raise_unless_good(channel.send(b"<a/>", 5))
        channel.close()

    assert lowered(endpoint.server, endpoint.port) == ""
    assert server.connections == tries


def raise_unless_good(answer: tuple[int, str]) -> None:
    if answer[0] != 200:
        raise NoAnswer(f"HTTP {answer[0]}")


def test_a_session_that_works_is_never_asked_for_anything_twice(tmp_path: Path) -> None:
    """The refusal in the middle of a session: the request may have carried a wipe."""
    ca_file, context = tls_files(tmp_path, "127.0.0.1")

    def answers(request: hostile_server.Request) -> Iterable[bytes]:
        if request.number == 1:
            return http_answer(200, b"<a/>", Content_Type=SOAP)
        return http_answer(500, REFUSAL, Content_Type="text/html")

    with Hostile(answers, tls=context) as server:
        channel = Channel(hostile_endpoint(server, ca_file))
        assert channel.send(b"<a/>", 5) == (200, "<a/>")
        with pytest.raises(NoAnswer):
            channel.send(b"<wipe/>", 5)
        channel.close()

    assert bytes(server.seen).count(b"<wipe/>") == 1


def test_the_memory_of_servers_is_bounded() -> None:
    for number in range(MOST_REMEMBERED + 10):
        remember_lowered(f"ex{number}", 443, "it was reset")

    assert lowered("ex0", 443) == ""
    assert lowered(f"ex{MOST_REMEMBERED + 9}", 443) == "it was reset"
    assert sum(bool(lowered(f"ex{number}", 443)) for number in range(MOST_REMEMBERED + 10)) == MOST_REMEMBERED
    assert NOT_SUPPORTED in REFUSAL
