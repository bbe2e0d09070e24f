"""Looks at the way to Exchange: name, connection, certificate, what it offers, its clock. No credential is sent."""

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.clock import clock_finding
from exconn.cli.doctor.examined_worker import CONNECT_WITHIN, ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, skipped, warning

#: Time enough to renew it.
WARN_DAYS = 21
#: A Date header has whole seconds, and the answer was on its way.
_HTTP_CLOCK_SECONDS = 60.0
#: How Windows Server 2025 says that it cannot ask for a certificate after the handshake.
_NOT_SUPPORTED = b"80070032"
TLS_13_REMEDY = "nothing; or turn TLS 1.3 off for the server's https binding, until an update has mended it"
#: OpenSSL's verification errors, by number, and what to do (openssl-verify, "Diagnostics").
_VERIFY = {
    9: ("is not valid yet", "correct the clock of this machine, or of the authority"),
    10: ("has expired", "renew the certificate on the Exchange server"),
    18: ("is self-signed", "set ca_file to that certificate, or have an authority sign one"),
    19: ("comes from an authority that this machine does not trust", "set ca_file to the authority's certificate"),
    20: ("comes from an authority that this machine does not know", "set ca_file to the authority's certificate"),
    21: ("comes without the certificates in between", "install the intermediate certificates on the server"),
    62: ("is for another host name", "use the name in the certificate in url, or add this name to the certificate"),
    64: ("is for another address", "use a host name of the certificate in url"),
}


@dataclass(frozen=True)
class Address:
    """One address of the definition."""

    url: str
    host: str
    port: int
    tls: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address in a URL that the definition has checked."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        return cls(url, parts.hostname or "", parts.port or (443 if tls else 80), tls)


def addresses(worker: ExaminedWorker) -> Iterator[Finding]:
    """Every address of the definition: DNS, TCP, TLS, HTTP."""
    if worker.definition is None:
        return
    exchange = worker.definition.exchange
    if getattr(exchange, "proxy", None):
        yield skipped("network", "Exchange is reached through a proxy: only signing in shows whether it works")
        worker.reached.update(site.url for site in exchange.sites())
        return
    for site in exchange.sites():
        address = Address.of(site.url)
        findings = list(_address(address, exchange.ca_file, exchange.auth))
        yield from findings
        if all(each.state != "failed" for each in findings):
            worker.reached.add(site.url)


def _address(address: Address, ca_file: Path | None, auth: str) -> Iterator[Finding]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as exc:
        remedy = "correct the host name in url, or this machine's name service"
        yield failed("dns", f"{address.host}: {exc.strerror or exc}", remedy, ExitCode.UNREACHABLE)
        return
    numbers = sorted({str(entry[4][0]) for entry in found})
    yield ok("dns", f"{address.host} is {', '.join(numbers)}", addresses=numbers)
    try:
        connection = socket.create_connection((address.host, address.port), CONNECT_WITHIN.total_seconds())
    except OSError as exc:
        remedy = f"open TCP port {address.port} from here to there, or correct url"
        said = f"{address.host}:{address.port}: {exc.strerror or exc}"
        yield failed("tcp", said, remedy, ExitCode.UNREACHABLE)
        return
    with connection:
        yield ok("tcp", f"{address.host}:{address.port} accepts connections")
        if not address.tls:
            yield from _without_tls(auth)
            yield from _http(address, None, auth)
            return
        finding = _tls(connection, address, ca_file)
    yield finding
    if finding.state != "failed":
        yield from _http(address, _context(ca_file), auth)


def _without_tls(auth: str) -> Iterator[Finding]:
    if auth == "kerberos":
        yield ok("tls", "none: Kerberos encrypts what is sent over http")


def _context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # As the client that signs in.
    context.post_handshake_auth = True
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _tls(connection: socket.socket, address: Address, ca_file: Path | None) -> Finding:
    try:
        with _context(ca_file).wrap_socket(connection, server_hostname=address.host) as channel:
            certificate, version = channel.getpeercert() or {}, channel.version() or ""
    except ssl.SSLCertVerificationError as exc:
        what, remedy = _VERIFY.get(exc.verify_code, (f"is not trusted ({exc.verify_message})", "correct ca_file"))
        return failed("tls", f"the certificate of {address.host} {what}", remedy, verify_code=exc.verify_code)
    except (OSError, ValueError) as exc:
        remedy = "let the server offer TLS 1.2 or later on this port, or correct url"
        return failed("tls", f"{address.host}:{address.port} speaks no TLS that is accepted ({exc})", remedy)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - datetime.now(UTC)).days
    said = f"{version}, chain trusted, for {address.host}, valid until {ends:%Y-%m-%d} ({days} days)"
    if days < WARN_DAYS:
        return warning("tls", said, "renew the certificate on the Exchange server in time", days=days)
    return ok("tls", said, days=days)


def _http(address: Address, context: ssl.SSLContext | None, auth: str) -> Iterator[Finding]:
    """What the address answers to a request without credentials; once more with TLS 1.2 where TLS 1.3 fails."""
    try:
        answer, why = _asked(address, context)
        if why and context is not None:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            answer, again = _asked(address, context)
            if not again:
                yield warning("http", f"{address.host} answers with TLS 1.2 only: over TLS 1.3 {why}", TLS_13_REMEDY)
    except (OSError, http.client.HTTPException) as exc:
        remedy = "see whether the PowerShell virtual directory runs on that server"
        yield failed("http", f"{address.url}: {exc}", remedy, ExitCode.UNREACHABLE)
        return
    if answer is None:
        remedy = "see whether the PowerShell virtual directory runs on that server"
        yield failed("http", f"{address.url}: {why}", remedy, ExitCode.UNREACHABLE)
        return
    yield _offered(address, answer, auth)
    if (stated := answer.getheader("Date")) is not None:
        try:
            theirs = parsedate_to_datetime(stated).timestamp()
        except ValueError:
            return
        yield clock_finding("exchange clock", address.host, time.time() - theirs, tolerance=_HTTP_CLOCK_SECONDS)


def _asked(address: Address, context: ssl.SSLContext | None) -> tuple[http.client.HTTPResponse | None, str]:
    """The answer, and what in it, or instead of it, is how TLS 1.3 is given up. OSError and HTTPException pass."""
    timeout = CONNECT_WITHIN.total_seconds()
    if context is None:
        client = http.client.HTTPConnection(address.host, address.port, timeout=timeout)
    else:
        client = http.client.HTTPSConnection(address.host, address.port, timeout=timeout, context=context)
    try:
        headers = {"Content-Type": "application/soap+xml;charset=UTF-8", "User-Agent": "exconn"}
        client.request("POST", urlsplit(address.url).path or "/", b"", headers)
        answer = client.getresponse()
        refused = answer.status == 500 and _NOT_SUPPORTED in answer.read(4096)
    except ConnectionResetError:
        return None, "the connection is reset"
    finally:
        client.close()
    return answer, "HTTP 500 with 0x80070032 comes" if refused else ""


def _offered(address: Address, answer: http.client.HTTPResponse, auth: str) -> Finding:
    if 300 <= answer.status < 400:
        remedy = "write the address that it redirects to into url; a redirect is never followed"
        return failed("http", f"{address.url} redirects (HTTP {answer.status})", remedy)
    if answer.status in (403, 404):
        remedy = "write https, or the path of the PowerShell virtual directory, such as /PowerShell/"
        return failed("http", f"{address.url} answers HTTP {answer.status}", remedy)
    schemes = [value.split()[0].lower() for value in answer.headers.get_all("WWW-Authenticate") or [] if value.strip()]
    if answer.status != 401 or not schemes:
        return ok("http", f"{address.url} answers HTTP {answer.status} to a request without credentials")
    wanted = {"kerberos": ("negotiate", "kerberos"), "negotiate": ("negotiate",), "ntlm": ("ntlm", "negotiate")}
    offered = ", ".join(schemes)
    if auth == "certificate":
        return ok("http", f"{address.host} offers {offered}; certificates are asked for by TLS", offered=schemes)
    if not set(wanted.get(auth, (auth,))) & set(schemes):
        remedy = f"set auth to what the server offers ({offered}); kerberos is the way on-premises"
        return failed("http", f"{address.host} does not offer {auth}", remedy, offered=schemes)
    return ok("http", f"{address.host} offers {offered}", offered=schemes)
