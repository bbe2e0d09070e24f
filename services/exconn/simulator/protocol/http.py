"""The HTTPS endpoint: one thread per connection, which signs in once for all its requests; one write per answer."""

import logging
import ssl
import sys
from contextlib import suppress
from functools import cached_property
from gzip import compress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from threading import BoundedSemaphore, Event
from typing import Any, Protocol
from urllib.parse import urlsplit

from exconn.simulator.errors import BareAnswer, ConnectionCut, HttpRefusal, WsmanFault
from exconn.simulator.organization.accounts import SimulatedAccount, SimulatedAccounts
from exconn.simulator.protocol import envelope
from exconn.simulator.protocol.authentication import Heard, Logon, Methods
from exconn.simulator.protocol.certificates import common_name
from exconn.simulator.protocol.identify import identification, is_identify
from exconn.simulator.protocol.late_certificates import Tls13, ask_late
from exconn.simulator.protocol.request_body import read_body, takes_gzip

log = logging.getLogger(__name__)

#: Where clients ask who is there before they know what is offered.
_IDENTIFY_PATHS = ("/wsman", "/wsman-anon/identify")
#: An answer that drips comes in so many pieces.
_PIECES = 40
_SOAP_TYPE = "application/soap+xml;charset=UTF-8"
#: Longer than any Receive may wait, so that only an idle connection runs into it.
_IDLE_SECONDS = 660


class HttpService(Protocol):
    """What answers authenticated requests."""

    def answer(self, data: bytes, account: SimulatedAccount) -> bytes:
        """The answer's SOAP text."""


class Gate(Protocol):
    """Faults that strike before a request is read."""

    def connection(self) -> None:
        """Raises ConnectionCut to refuse a new connection."""

    def request(self) -> None:
        """Raises HttpRefusal to refuse a request."""

    def signed_in(self, *, accepted: bool) -> None:
        """A password was shown."""


class PowerShellEndpoint(ThreadingHTTPServer):
    """Listens at /PowerShell/."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        *,
        accounts: SimulatedAccounts,
        methods: Methods,
        service: HttpService,
        gate: Gate,
        tls: ssl.SSLContext | None,
        connection_limit: int,
        compression: bool = False,
        back_end: str = "",
        tls_13: Tls13 = "plain",
        generic: HttpService | None = None,
    ) -> None:
        self.accounts = accounts
        self.methods = methods
        self.services = {"/powershell": service} | ({"/wsman": generic} if generic else {})
        self.gate = gate
        self.compression = compression
        #: The server that has the requests in hand, which its answers name.
        self.back_end = back_end
        self.tls_13: Tls13 = tls_13
        #: Wakes answers that take their time.
        self.ending = Event()
        self._tls = tls
        self._slots = BoundedSemaphore(connection_limit)
        self._connections: set[socket] = set()
        super().__init__(address, _Handler)

    def shutdown(self) -> None:
        """End the loop, and what waits."""
        self.ending.set()
        super().shutdown()

    def process_request(self, request: Any, client_address: Any) -> None:
        """One more connection, if there is room for it."""
        try:
            self.gate.connection()
        except ConnectionCut:
            self.shutdown_request(request)
            return
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: handshake, then requests until it is closed."""
        connection = request
        try:
            connection = self._secured(request)
            self._connections.add(connection)
            super().process_request_thread(connection, client_address)
        except OSError:
            self.shutdown_request(request)
        finally:
            self._connections.discard(connection)
            self._slots.release()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection in an orderly way: over TLS with its goodbye, for whose answer nobody waits."""
        if isinstance(request, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                request.setblocking(False)
                request.unwrap()
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        """End those that stand, as the end of a server does."""
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def _secured(self, connection: socket) -> socket:
        connection.settimeout(_IDLE_SECONDS)
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True)

    def handle_error(self, *_args: Any) -> None:
        """Connections end in many ways; only an error of our own is worth a line."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("request failed")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    disable_nagle_algorithm = True
    #: Headers and a short body leave in one write; of a long one only the beginning is copied to them.
    wbufsize = 64 * 1024
    server: PowerShellEndpoint

    def do_POST(self) -> None:
        """Every WSMan request is a POST."""
        try:
            self._answer_post()
        except HttpRefusal as refusal:
            self._reply(refusal.status, b"", reason=refusal.reason)
        except BareAnswer as ordered:
            self._reply_as_ordered(ordered)
        except ConnectionCut:
            self.close_connection = True
            # Cut, not closed: nothing is said on it any more, no goodbye of TLS either.
            with suppress(OSError):
                self.connection.shutdown(SHUT_RDWR)

    def handle_expect_100(self) -> bool:
        """Let the body come: a client that asked first waits for this line."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def do_GET(self) -> None:
        """Not offered."""
        self._reply(405, b"")

    def _answer_post(self) -> None:
        data = self._body()
        self.server.gate.request()
        path = urlsplit(self.path).path.rstrip("/").lower()
        service = self.server.services.get(path)
        if is_identify(data) and (service is not None or path in _IDENTIFY_PATHS):
            self._reply(200, identification(known=self._heard(data).account is not None))
            return
        if service is None:
            raise HttpRefusal(404, "Not Found")
        heard = self._heard(data)
        if self.headers.get("Authorization", "").lower().startswith("basic "):
            self.server.gate.signed_in(accepted=heard.account is not None)
        if heard.account is None:
            self._reply(401, b"", challenges=heard.challenges)
        elif not heard.data:
            # The last step of a handshake, before the first message that is encrypted.
            self._reply(200, b"", challenges=heard.challenges)
        else:
            self._serve(service, heard, heard.account)

    def _serve(self, service: HttpService, heard: Heard, account: SimulatedAccount) -> None:
        try:
            self._answer(200, service.answer(heard.data, account), heard)
        except WsmanFault as problem:
            self._answer(500, envelope.fault(envelope.message_id_of(heard.data[:4096]), problem), heard)
        except (BareAnswer, ConnectionCut, HttpRefusal):
            raise
        except Exception:
            # The client gets a fault even for a mistake of ours, never a dropped connection.
            log.exception("a request broke")
            broken = envelope.internal_error("The simulator broke while it processed the request.")
            self._answer(500, envelope.fault(envelope.message_id_of(heard.data[:4096]), broken), heard)

    def _answer(self, status: int, body: bytes, heard: Heard) -> None:
        media = _SOAP_TYPE
        if heard.sealed:
            body, media = self._logon.seal(body)
        self._reply(status, body, media=media, challenges=heard.challenges)

    def _body(self) -> bytes:
        try:
            return read_body(self.rfile, self.headers)
        except HttpRefusal:
            # Where the next request would begin is not known.
            self.close_connection = True
            raise

    @cached_property
    def _logon(self) -> Logon:
        """Of this connection: a handler lives as long as it."""
        logon = Logon(self.server.methods, self.server.accounts, common_name(self.connection))
        ask_late(self.connection, self.server.tls_13)
        return logon

    def _heard(self, data: bytes) -> Heard:
        try:
            return self._logon.hear(self.headers.get("Authorization", ""), self.headers.get("Content-Type", ""), data)
        except HttpRefusal:
            # Encrypted messages count; after one that was wrong, none fits any more.
            self.close_connection = True
            raise

    def _reply(
        self,
        status: int,
        body: bytes,
        *,
        media: str = _SOAP_TYPE,
        challenges: tuple[str, ...] = (),
        reason: str | None = None,
    ) -> None:
        self.send_response(status, reason)
        if self.close_connection:
            self.send_header("Connection", "close")
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        if body and media == _SOAP_TYPE and self.server.compression and takes_gzip(self.headers):
            body = compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        if body:
            self.send_header("Content-Type", media)
            if self.server.back_end:
                self.send_header("X-CalculatedBETarget", self.server.back_end)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _reply_as_ordered(self, ordered: BareAnswer) -> None:
        """Whatever was ordered, in small pieces where it is to take its time."""
        self.send_response_only(ordered.status)
        if "Server" not in ordered.headers:
            self.send_header("Server", self.version_string())
        self.send_header("Date", self.date_time_string())
        for name, value in ordered.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(ordered.body)))
        self.end_headers()
        size = len(ordered.body) if not ordered.seconds else max(1, len(ordered.body) // _PIECES)
        for begin in range(0, len(ordered.body), max(1, size)):
            self.wfile.write(ordered.body[begin : begin + size])
            self.wfile.flush()
            if ordered.seconds:
                self.server.ending.wait(ordered.seconds / _PIECES)
        self.wfile.flush()

    def log_message(self, *_args: Any) -> None:
        """Requests are counted, not logged."""
