"""One HTTP connection to Exchange: verified TLS, one attempt for each request, bounded answers in bounded time.

Nothing of the environment is read: no proxy variable, no `.netrc`, no bundle of authorities of another library. No
redirect is followed and nothing compressed is taken. The standard library's sockets, so that it is known at any moment
whether a request may have left.
"""

import base64
import http.client
import socket
import ssl
from dataclasses import dataclass
from email.message import Message

from exconn.exchange.endpoint import Endpoint, host_and_port
from exconn.exchange.error_mapping import NoAnswer
from exconn.exchange.errors import Malformed, Unreachable
from exconn.exchange.opening_errors import ProxyUnauthorized
from exconn.exchange.wsman import tls
from exconn.exchange.wsman.answering import UNKNOWN, Answering, answering
from exconn.exchange.wsman.deadline import Deadline, TimedSocket
from exconn.exchange.wsman.tls_versions import ConnectionReset

#: Largest answer accepted. The client asks for envelopes of at most 512000 bytes.
MAX_ANSWER = 8 * 1024 * 1024
#: Cookies by which load balancers keep a session on one server.
_MOST_COOKIES = 32
_LONGEST_COOKIE = 4096
#: How a TLS record begins: an alert or a handshake of any version.
_TLS_RECORDS = ("\x15\x03", "\x16\x03")


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back, its body read to the end."""

    status: int
    media: str
    body: bytes
    #: Values of WWW-Authenticate.
    challenges: tuple[str, ...] = ()
    answering: Answering = UNKNOWN


class Connection:
    """At most one TCP connection at a time, made when it is needed. For one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._trust = tls.client_context(endpoint) if endpoint.tls else None
        self._socket: socket.socket | None = None
        self._cookies: dict[str, str] = {}
        #: Whether the connection that was made last speaks TLS 1.3.
        self.speaks_tls_13 = False

    @property
    def channel(self) -> bytes | None:
        """What tokens are bound to (RFC 5929), on a TLS connection that stands."""
        return tls.channel_of(self._socket) if isinstance(self._socket, ssl.SSLSocket) else None

    def ensure(self, deadline: Deadline) -> bool:
        """Connect, unless the connection stands; was it made anew? Raises Unreachable: no request has left."""
        if self._socket is not None and not tls.is_closed(self._socket):
            return False
        self.close()
        try:
            limit = min(self._endpoint.connect_timeout.total_seconds(), deadline.left())
        except TimeoutError as exc:
            raise Unreachable(self._endpoint.server, "the time was over before it could be reached again") from exc
        self._socket = self._connected(Deadline(limit))
        self.speaks_tls_13 = isinstance(self._socket, ssl.SSLSocket) and self._socket.version() == "TLSv1.3"
        return True

    def lower_tls(self) -> None:
        """Drop the connection; those to come speak TLS 1.2."""
        self.close()
        if self._trust is not None:
            tls.lower(self._trust)

    def post(self, body: bytes, headers: dict[str, str], deadline: Deadline) -> HttpResponse:
        """Send one request over the connection that stands, once, and read its whole answer."""
        connection = self._socket
        if connection is None:
            raise NoAnswer("the connection was closed")
        try:
            connection.settimeout(deadline.left())
            connection.sendall(self._head(body, headers) + body)
            return self._answer(connection, deadline)
        except TimeoutError as exc:
            self.close()
            raise NoAnswer("no answer in time") from exc
        except (OSError, http.client.HTTPException) as exc:
            self.close()
            raise self._broken(exc) from exc
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Drop the connection; whoever signed in on it has to do so again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _broken(self, exc: OSError | http.client.HTTPException) -> Unreachable | NoAnswer:
        """A server that was asked over http and expects TLS answers in TLS, or hangs up without a word."""
        if isinstance(exc, http.client.BadStatusLine) and str(exc.args[0]).startswith(_TLS_RECORDS):
            return Unreachable(
                self._endpoint.server, "the server speaks TLS on this port; write the address with https"
            )
        reset = isinstance(exc, ConnectionResetError) and not isinstance(exc, http.client.RemoteDisconnected)
        if reset and self._endpoint.tls:
            return ConnectionReset(f"the connection broke ({tls.reason_of(exc)})")
        hung_up = isinstance(exc, (http.client.RemoteDisconnected, ConnectionResetError)) and not self._endpoint.tls
        hint = "; a server that expects https does so" if hung_up else ""
        return NoAnswer(f"the connection broke ({tls.reason_of(exc)}{hint})")

    # -- connecting ---------------------------------------------------------------------------------------

    def _connected(self, deadline: Deadline) -> socket.socket:
        endpoint = self._endpoint
        host, port = host_and_port(endpoint.proxy) if endpoint.proxy else (endpoint.server, endpoint.port)
        where = f"the proxy {host}:{port}: " if endpoint.proxy else ""
        try:
            plain = _dialled(host, port, deadline)
        except TimeoutError as exc:
            raise Unreachable(endpoint.server, f"{where}connecting timed out") from exc
        except OSError as exc:
            detail = "the name is unknown" if isinstance(exc, socket.gaierror) else _refusal(exc)
            raise Unreachable(endpoint.server, f"{where}{detail}") from exc
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if endpoint.proxy:
                self._tunnel(plain, deadline, where)
            if self._trust is None:
                return plain
            plain.settimeout(deadline.left())
            return tls.handshake(self._trust, plain, endpoint.server)
        except TimeoutError as exc:
            plain.close()
            raise Unreachable(endpoint.server, f"{where}connecting timed out") from exc
        except BaseException:
            plain.close()
            raise

    def _tunnel(self, plain: socket.socket, deadline: Deadline, where: str) -> None:
        """A way through the proxy for this connection alone, also for http: who signs in signs in a connection."""
        target = f"{_in_brackets(self._endpoint.server)}:{self._endpoint.port}"
        try:
            plain.settimeout(deadline.left())
            head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{self._proxy_account()}\r\n"
            plain.sendall(head.encode("ascii"))
            with http.client.HTTPResponse(TimedSocket(plain, deadline), method="CONNECT") as response:  # type: ignore[arg-type]
                response.begin()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as exc:
            raise Unreachable(self._endpoint.server, f"{where}no answer of a proxy ({type(exc).__name__})") from exc
        if response.status == 407:
            raise ProxyUnauthorized(self._endpoint.server, f"{where}{self._asked_by_proxy(response.headers)}")
        if response.status != 200:
            raise Unreachable(self._endpoint.server, f"{where}it refused the connection (HTTP {response.status})")

    def _proxy_account(self) -> str:
        """The line that names our account to the proxy, where one is set."""
        name, secret = self._endpoint.proxy_username, self._endpoint.proxy_password.get_secret_value()
        if not name:
            return ""
        return f"Proxy-Authorization: Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode('ascii')}\r\n"

    def _asked_by_proxy(self, headers: "Message[str, str]") -> str:
        said = ", ".join(headers.get_all("Proxy-Authenticate", [])).lower()
        offered = [scheme for scheme in ("basic", "digest", "ntlm", "negotiate", "kerberos") if scheme in said]
        if offered and "basic" not in offered:
            return f"it asks for an account by {', '.join(offered)}, and only basic is spoken with a proxy"
        name = self._endpoint.proxy_username
        return f"it refuses the account {name}" if name else "it asks for an account"

    # -- talking ------------------------------------------------------------------------------------------

    def _head(self, body: bytes, headers: dict[str, str]) -> bytes:
        endpoint = self._endpoint
        lines = [
            f"POST /{endpoint.path} HTTP/1.1",
            f"Host: {_in_brackets(endpoint.server)}:{endpoint.port}",
            "User-Agent: exconn",
            "Accept-Encoding: identity",
            "Connection: Keep-Alive",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _answer(self, connection: socket.socket, deadline: Deadline) -> HttpResponse:
        response = http.client.HTTPResponse(TimedSocket(connection, deadline), method="POST")  # type: ignore[arg-type]
        try:
            response.begin()
            _refuse_redirect(response)
            body = _body_of(response)
        finally:
            response.close()
        self._keep_cookies(response.headers)
        if response.will_close:
            self.close()
        challenges = tuple(response.headers.get_all("WWW-Authenticate", []))
        media, who = response.headers.get("Content-Type", ""), answering(response.headers)
        return HttpResponse(response.status, media, body, challenges, who)

    def _keep_cookies(self, headers: "Message[str, str]") -> None:
        for said in headers.get_all("Set-Cookie", []):
            name, _, value = said.partition(";")[0].strip().partition("=")
            room = name in self._cookies or len(self._cookies) < _MOST_COOKIES
            if name and room and len(said) <= _LONGEST_COOKIE and said.isascii():
                self._cookies[name] = value


def _dialled(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A TCP connection to the first address that answers; each gets its share of the time that is left."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(deadline.left() / (len(addresses) - number))
            plain.connect(address)
        except OSError as exc:
            plain.close()
            failure = exc
        else:
            return plain
    raise failure


def _body_of(response: http.client.HTTPResponse) -> bytes:
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise Malformed(f"a compressed answer ({coding[:20]}), though only plain ones are taken")
    if (response.length or 0) <= MAX_ANSWER:
        body = response.read(MAX_ANSWER + 1)
        if response.length:
            raise http.client.IncompleteRead(body, response.length)
        if len(body) <= MAX_ANSWER:
            return body
    raise Malformed(f"an HTTP answer of more than {MAX_ANSWER} bytes")


def _refuse_redirect(response: http.client.HTTPResponse) -> None:
    if 300 <= response.status < 400:
        raise NoAnswer(
            f"HTTP {response.status}, a redirect, which is never followed; "
            "if Exchange has moved, write its new address into the connector"
        )


def _refusal(exc: OSError) -> str:
    return "the connection was refused" if isinstance(exc, ConnectionRefusedError) else f"{exc.strerror or exc}"


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host
