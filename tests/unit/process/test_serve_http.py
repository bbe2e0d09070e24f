"""An HTTP server that peers who only hold connections cannot close."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from exconn.process.listening_socket import ListenError, listen
from exconn.process.serve_http import HttpLimits, HttpServer
from tests.support.machine.processes import wait_until
from tests.support.network.idle_connections import connect_from

SOON = timedelta(seconds=10)
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 8 * 1024 * 1024

Serve = Callable[..., tuple[str, int]]


class Application:
    """Answers at once; `/wait` when told to; `/large` with more than a socket takes in at once."""

    def __init__(self) -> None:
        self.at_work = 0
        self.go_on = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b"ok"
        self.at_work += 1
        if scope["path"] == "/wait":
            while not self.go_on.is_set():
                await asyncio.sleep(0.01)
        elif scope["path"] == "/body":
            while (await receive()).get("more_body"):
                pass
        elif scope["path"] == "/large":
            body = b"x" * LARGE
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.go_on.set()


@pytest.fixture
def serve(application: Application) -> Iterator[Serve]:
    """Starts a server with the given limits; gives its address."""
    with contextlib.ExitStack() as servers:

        def start(**limits: Any) -> tuple[str, int]:
            listener = listen("127.0.0.1", 0, settings="EXCONN_TEST")
            address: tuple[str, int] = listener.getsockname()
            limits_of_test = HttpLimits(**limits)
            servers.enter_context(
                HttpServer(application, listener, stop_within=timedelta(seconds=1), limits=limits_of_test)
            )
            return address

        yield start
        application.go_on.set()


@contextlib.contextmanager
def connected(address: tuple[str, int], *sent: bytes, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    with contextlib.closing(connect_from(source, address)) as made:
        made.settimeout(10)
        for data in sent:
            made.sendall(data)
        yield made


def answer_of(connection: socket.socket) -> bytes:
    return connection.recv(4096)


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.slow
@pytest.mark.parametrize("before", [b"", ASK], ids=["first request", "request after an answer"])
def test_headers_that_do_not_end_in_time_close_the_connection_however_steadily_they_come(
    serve: Serve, before: bytes
) -> None:
    address = serve(header_within=timedelta(seconds=0.5))
    began = time.monotonic()

    with connected(address, before) as dripping:
        if before:
            assert b"200" in answer_of(dripping)

        def closed_though_one_more_byte_comes() -> bool:
            with contextlib.suppress(OSError):
                dripping.send(b"G")
            return is_closed(dripping)

        wait_until(closed_though_one_more_byte_comes, SOON, "the server to close")

    assert time.monotonic() - began > 0.4


def test_silent_connection_is_closed(serve: Serve) -> None:
    address = serve(header_within=timedelta(seconds=0.2))

    with connected(address) as silent:
        assert silent.recv(1) == b""


def test_time_of_headers_does_not_count_while_a_request_is_worked_on(serve: Serve, application: Application) -> None:
    address = serve(header_within=timedelta(seconds=0.2))

    with connected(address, b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n") as waiting, connected(address) as silent:
        assert silent.recv(1) == b""
        application.go_on.set()

        assert b"200" in answer_of(waiting)


def test_newcomer_of_a_full_peer_takes_the_place_of_its_longest_waiting_connection(serve: Serve) -> None:
    address = serve(per_peer=3, connections=10)

    with contextlib.ExitStack() as stack:
        other = stack.enter_context(connected(address, source="127.0.0.2"))
        first, second, third = (stack.enter_context(connected(address)) for _ in range(3))
        newcomer = stack.enter_context(connected(address, ASK))

        assert b"200" in answer_of(newcomer)
        assert first.recv(1) == b""
        assert [is_closed(each) for each in (other, second, third)] == [False, False, False]


def test_newcomer_of_a_full_server_takes_the_place_of_whoever_waits_longest(serve: Serve) -> None:
    address = serve(per_peer=3, connections=3)

    with contextlib.ExitStack() as stack:
        waiting = [
            stack.enter_context(connected(address, source=source)) for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4")
        ]
        newcomer = stack.enter_context(connected(address, ASK))

        assert b"200" in answer_of(newcomer)
        assert waiting[0].recv(1) == b""
        assert [is_closed(each) for each in waiting[1:]] == [False, False]


def test_request_that_is_worked_on_is_not_cut_off_and_the_newcomer_is_told_to_ask_again(
    serve: Serve, application: Application
) -> None:
    address = serve(per_peer=2)

    with contextlib.ExitStack() as stack:
        working = [stack.enter_context(connected(address, b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")) for _ in range(2)]
        wait_until(lambda: application.at_work == 2, SOON, "both at work")
        newcomer = stack.enter_context(connected(address, ASK))
        refusal = b"".join(iter(lambda: answer_of(newcomer), b""))
        application.go_on.set()

        assert b" 503 " in refusal
        assert b"retry-after: 2" in refusal.lower()
        assert json.loads(refusal.partition(b"\r\n\r\n")[2])["error"] == "busy"
        assert all(b"200" in answer_of(each) for each in working)


def test_request_whose_body_does_not_come_makes_room_for_others(serve: Serve, application: Application) -> None:
    address = serve(per_peer=1)

    with connected(address, b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{") as slow:
        wait_until(lambda: application.at_work == 1, SOON, "its headers to arrive")
        with connected(address, ASK) as newcomer:
            assert b"200" in answer_of(newcomer)
        wait_until(lambda: is_closed(slow), SOON, "the server to close")


@pytest.mark.slow
def test_peer_that_takes_nothing_of_its_answer_is_let_go(serve: Serve) -> None:
    address = serve(stalled_within=timedelta(seconds=0.3), header_within=timedelta(seconds=0.3))

    with connected(address, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n") as unread:
        # The connection is gone when the server answers what is sent on it with a reset.
        wait_until(lambda: _is_reset(unread), SOON, "the server to let go")


def _is_reset(connection: socket.socket) -> bool:
    try:
        connection.send(b"G")
    except OSError:
        return True
    return False


@pytest.mark.slow
def test_slow_reader_gets_the_whole_answer_as_long_as_it_reads(serve: Serve) -> None:
    address = serve(stalled_within=timedelta(seconds=0.3), header_within=timedelta(seconds=0.3))
    pause = threading.Event()
    got = 0

    with connected(address, b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as slow:
        while data := slow.recv(1024 * 1024):
            got += len(data)
            pause.wait(0.1)

    assert got > LARGE


def test_request_that_says_its_length_twice_is_refused(serve: Serve, application: Application) -> None:
    address = serve()
    lengths = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    with connected(address, b"POST /body HTTP/1.1\r\nHost: x\r\n" + lengths) as smuggler:
        refusal = b"".join(iter(lambda: answer_of(smuggler), b""))

    assert b" 400 " in refusal
    assert b"Content-Length and Transfer-Encoding" in refusal
    assert application.at_work == 0


def test_address_that_cannot_be_listened_on_names_its_settings() -> None:
    with listen("127.0.0.1", 0, settings="EXCONN_TEST") as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ListenError, match=rf"port {port} .*EXCONN_TEST_PORT to a free port or .*EXCONN_TEST_HOST"):
            listen("127.0.0.1", port, settings="EXCONN_TEST")
