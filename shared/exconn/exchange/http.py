"""The HTTP below WSMan: verified TLS, no proxies from the environment, no redirects, no retries, bounded answers."""

import re
import time
from datetime import timedelta

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import Malformed, NotSoap, Unreachable, UntrustedCertificate
from exconn.exchange.faults import NoAnswer

#: Largest answer accepted. The client asks for envelopes of at most 512000 bytes.
MAX_ANSWER = 8 * 1024 * 1024
#: How much later than the server's own time-out the client gives up.
MARGIN = timedelta(seconds=10)
_CHUNK = 65536
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


def harden(session: requests.Session, endpoint: Endpoint) -> None:
    """Apply the rules above to a session, whatever the environment says."""
    session.trust_env = False
    session.proxies = {}
    session.verify = str(endpoint.ca_file) if endpoint.ca_file else True
    session.headers["Accept-Encoding"] = "identity"
    session.headers["User-Agent"] = "exconn"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))


def exchange_bytes(
    session: requests.Session, request: requests.PreparedRequest, timeouts: tuple[float, float]
) -> tuple[requests.Response, bytes]:
    """Send one request once and read its whole answer, within the read time-out and MAX_ANSWER."""
    deadline = time.monotonic() + sum(timeouts)
    response = session.send(request, timeout=timeouts, allow_redirects=False, stream=True)
    try:
        chunks, size = [], 0
        for chunk in response.iter_content(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_ANSWER:
                raise Malformed(f"an HTTP answer of more than {MAX_ANSWER} bytes")
            if time.monotonic() > deadline:
                raise NoAnswer("the answer took too long")
    except BaseException:
        response.close()
        raise
    return response, b"".join(chunks)


def encrypted_boundary(response: requests.Response) -> str | None:
    """The boundary of an answer whose body is encrypted on the message level, else None."""
    media = response.headers.get("content-type", "")
    if not media.startswith(("multipart/encrypted", "multipart/x-multi-encrypted")):
        return None
    match = _BOUNDARY.search(media)
    return match.group(1) if match else "Encrypted Boundary"


def soap_text(response: requests.Response, content: bytes) -> str:
    """The answer as text that is safe to parse; redirects and other media are errors."""
    if response.is_redirect or 300 <= response.status_code < 400:
        raise NoAnswer(f"HTTP {response.status_code}, a redirect, which is never followed")
    if response.status_code == 200 and content:
        media = response.headers.get("content-type", "")
        if not media.startswith(("application/soap+xml", "multipart/")):
            raise NotSoap(f"an answer of type {media.split(';')[0] or 'unknown'} instead of SOAP", content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Malformed("an answer that is not UTF-8", content) from exc
    if "<!DOCTYPE" in text and response.status_code == 200:
        raise Malformed("a document type declaration", content)
    return text


def connection_error(exc: requests.RequestException, server: str) -> Unreachable | NoAnswer:
    """Did the request leave? Only a connection that never stood proves that it did not."""
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    if "certificate verify failed" in str(exc).lower():
        return UntrustedCertificate(server, _certificate_detail(exc))
    if isinstance(exc, requests.exceptions.ConnectTimeout) or isinstance(reason, ConnectTimeoutError):
        return Unreachable(server, "connecting timed out")
    if isinstance(reason, NewConnectionError):
        return Unreachable(server, "the connection was refused, or the name is unknown")
    if isinstance(exc, requests.exceptions.Timeout):
        return NoAnswer("no answer in time")
    return NoAnswer(f"the connection broke ({type(exc).__name__})")


def _certificate_detail(exc: BaseException) -> str:
    text = str(exc).lower()
    for fragment in ("self-signed", "self signed", "expired", "hostname mismatch", "ip address mismatch"):
        if fragment in text:
            return fragment
    return "unknown authority"
