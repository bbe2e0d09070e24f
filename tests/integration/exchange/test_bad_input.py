"""A session that is answered as no Exchange answers: a typed error in bounded time, and the next session works.

Of the wipe it is asked each time: sent once, and said to be in doubt.
"""

import base64
import gzip
import re
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from exconn.exchange import (
    Ambiguous,
    Endpoint,
    ExchangeError,
    Malformed,
    Session,
    Unanswered,
    Unreachable,
    UntrustedCertificate,
)
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.network.hostile_server import Hostile, Request, http_answer, tls_files
from tests.support.network.relay import Passing, relay

USER, PASSWORD = "svc-exconn", "s3cret-of-svc"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode())
SOAP = "application/soap+xml;charset=UTF-8"
#: What a failed opening may take: a time-out, and the attempt to delete what it may have left.
OPENING_AT_MOST = timedelta(seconds=40)


def hostile_endpoint(url: str, ca_file: Path, **settings: object) -> Endpoint:
    values: dict[str, object] = {
        "url": url,
        "username": USER,
        "password": PASSWORD,
        "ca_file": ca_file,
        "connect_timeout": timedelta(seconds=1),
        "operation_timeout": timedelta(seconds=1),
        "site": "Berlin",
    }
    return Endpoint.model_validate(values | settings)


def opening_fails(endpoint: Endpoint, expected: type[ExchangeError]) -> str:
    started = time.monotonic()
    with pytest.raises(expected) as caught:
        Session.open(endpoint)
    assert time.monotonic() - started < OPENING_AT_MOST.total_seconds()
    said = str(caught.value)
    assert said.startswith("Failed to open runspace for site Berlin: ")
    assert PASSWORD not in said
    return said


def still_works(simulator: RunningSimulator) -> None:
    """The process is none the worse for it."""
    with Session.open(endpoint_of(simulator)) as session:
        assert len(devices_of(session)) == simulator.partnership_count()


# -- opening: certificates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "until", "trusted", "word"),
    [
        pytest.param(["127.0.0.1"], timedelta(days=-1), True, "it has expired", id="expired certificate"),
        pytest.param(["127.0.0.1"], timedelta(days=1), False, "authority that is not known", id="unknown authority"),
        pytest.param(["ex1.corp.example"], timedelta(days=1), True, "another IP address", id="wrong host name"),
    ],
)
def test_nothing_is_said_to_a_server_that_has_not_proven_its_name(
    simulator: RunningSimulator, tmp_path: Path, names: list[str], until: timedelta, trusted: bool, word: str
) -> None:
    ca_file, context = tls_files(tmp_path, *names, until=until)
    with Hostile(lambda _: http_answer(200), tls=context) as server:
        said = opening_fails(
            hostile_endpoint(server.url, ca_file if trusted else Path(simulator.ca_file or "")), UntrustedCertificate
        )

    assert word in said
    assert server.connections > 0
    assert server.seen == b""
    still_works(simulator)


# -- opening: answers -----------------------------------------------------------------------------------------


def redirect(_: Request) -> Iterable[bytes]:
    return http_answer(302, Location="https://elsewhere.example/PowerShell/")


def compressed(_: Request) -> Iterable[bytes]:
    return http_answer(200, gzip.compress(b"<a/>"), Content_Encoding="gzip", Content_Type=SOAP)


def truncated(_: Request) -> Iterable[bytes]:
    return http_answer(200, b"<s:Envelope xmlns:s='x'><s:Header><a", Content_Type=SOAP)


def web_page(_: Request) -> Iterable[bytes]:
    return http_answer(200, b"<html/>", Content_Type="text/html")


def to_nobody(_: Request) -> Iterable[bytes]:
    envelope = b"<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Header/><s:Body/></s:Envelope>"
    return http_answer(200, envelope, Content_Type=SOAP)


@pytest.mark.parametrize(
    ("answers", "expected", "word"),
    [
        (redirect, Unreachable, "a redirect, which is never followed"),
        (compressed, Malformed, "a compressed answer (gzip)"),
        (truncated, Malformed, "ParseError"),
        (web_page, ExchangeError, "remote PowerShell"),
        (to_nobody, Malformed, "belongs to another request"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_an_opening_that_is_answered_badly_fails_by_type(
    simulator: RunningSimulator,
    tmp_path: Path,
    answers: Callable[[Request], Iterable[bytes]],
    expected: type[ExchangeError],
    word: str,
) -> None:
    ca_file, context = tls_files(tmp_path, "127.0.0.1")
    with Hostile(answers, tls=context) as server:
        said = opening_fails(hostile_endpoint(server.url, ca_file), expected)

    assert word in said
    still_works(simulator)


def test_an_opening_that_is_never_answered_ends(simulator: RunningSimulator, tmp_path: Path) -> None:
    ca_file, context = tls_files(tmp_path, "127.0.0.1")

    def drip(_: Request) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 99999\r\n\r\n"
        while True:
            yield b" "

    with Hostile(drip, tls=context) as server:
        said = opening_fails(hostile_endpoint(server.url, ca_file), Unreachable)

    assert "no answer in time" in said
    still_works(simulator)


# -- in a session ---------------------------------------------------------------------------------------------


def half(passing: Passing) -> Passing:
    passing.body = passing.body[: len(passing.body) // 2]
    return passing


def of_another(passing: Passing) -> Passing:
    passing.body = re.sub(
        rb"(RelatesTo[^>]*>)uuid:[^<]+", rb"\1uuid:00000000-0000-0000-0000-000000000000", passing.body
    )
    return passing


def of_nobody(passing: Passing) -> Passing:
    passing.body = re.sub(rb"<a:RelatesTo[^>]*>[^<]*</a:RelatesTo>", b"", passing.body)
    return passing


#: What `empty_for_ever` has let through, with a mark for the message that it relates to.
SAID = [b""]


def empty_for_ever(passing: Passing) -> Passing:
    """Still running, nothing to say: a server that is asked again and again at once."""
    passing.body = re.sub(rb"<rsp:Stream\b[^>]*>[^<]*</rsp:Stream>", b"", passing.body)
    passing.body = passing.body.replace(b"CommandState/Done", b"CommandState/Running")
    if passing.status == 500:
        # The command has ended there; say again what was said first.
        passing.status, passing.body = 200, SAID[-1].replace(b"MESSAGE", _message_id(passing.request))
    else:
        SAID.append(re.sub(rb"(RelatesTo[^>]*>)[^<]+", rb"\1MESSAGE", passing.body))
    return passing


def _message_id(request: str) -> bytes:
    found = re.search(r"MessageID>([^<]+)<", request)
    assert found is not None
    return found[1].encode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [(half, Malformed), (of_another, Malformed), (of_nobody, Malformed), (empty_for_ever, Unanswered)],
    ids=lambda value: value.__name__,
)
def test_a_session_that_is_answered_badly_fails_by_type_and_a_wipe_is_in_doubt(
    simulator: RunningSimulator, victim: str, change: Callable[[Passing], Passing], expected: type[ExchangeError]
) -> None:
    for use, kind in ((lambda s: s.device(victim), expected), (lambda s: s.clear_device(victim), Ambiguous)):
        armed: list[str] = []

        def alter(passing: Passing, armed: list[str] = armed) -> Passing:
            return change(passing) if armed and passing.action == "Receive" else passing

        endpoint = endpoint_of(simulator, operation_timeout=timedelta(seconds=2))
        with relay(simulator, alter) as url, Session.open(endpoint.model_copy(update={"url": url})) as session:
            assert session.dialect == "MobileDevice"
            armed.append("now")
            started = time.monotonic()
            with pytest.raises(kind) as caught:
                use(session)
            assert time.monotonic() - started < 30
            assert type(caught.value) is kind
            assert not session.usable

    assert len(simulator.oracle("Clear-*", guid=victim)) == 1
    still_works(simulator)
