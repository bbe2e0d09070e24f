"""Why a TLS connection to a server did not come about, and what to do about it.

The URL names the files, in the words of redis-py and Celery: `rediss://...?ssl_ca_certs=FILE&ssl_certfile=FILE&
ssl_keyfile=FILE`. Server and host name are always verified; settings refuse a URL that says otherwise.
"""

import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

#: Why a server's certificate was not accepted: the numbers of OpenSSL's X509_V_ERR_*.
NOT_YET_VALID, EXPIRED, HOST_MISMATCH, ADDRESS_MISMATCH = 9, 10, 62, 64
#: What a server says when it does not accept the client, in OpenSSL's names of alerts.
NO_CERTIFICATE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE")
FILES = {
    "ssl_ca_certs": "the authority's certificate",
    "ssl_certfile": "the client's certificate",
    "ssl_keyfile": "the client's key",
}


class TlsProblem(NamedTuple):
    """What is wrong, and the remedy."""

    problem: str
    remedy: str


def finding(error: BaseException, options: Mapping[str, Any]) -> TlsProblem | None:
    """Why the connection with these options (`ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, `host`) failed.

    None when it was not for TLS: nothing listens, no name, no route.
    """
    for file in _unusable_files(options):
        return file
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _server_not_trusted(cause, options)
        if isinstance(cause, ConnectionResetError | BrokenPipeError | ssl.SSLEOFError):
            # The server's alert is lost when it closes while we still write; Python 3.11 says so in a type of its own.
            return _client_not_accepted(options)
        if isinstance(cause, ssl.SSLError):
            return _refused(cause, options)
        if isinstance(cause, TimeoutError) and "handshake" in str(cause):
            return _plain_server()
    return None


def hint_of_plain(error: BaseException) -> str:
    """What may be behind a connection without TLS that was closed at its first word; empty for other errors."""
    closed = any(isinstance(cause, ConnectionResetError) for cause in _chain(error))
    return "; so does a server that speaks TLS only, whose URL begins with rediss://" if closed else ""


def _unusable_files(options: Mapping[str, Any]) -> Iterator[TlsProblem]:
    for option, what in FILES.items():
        named = options.get(option)
        if named:
            try:
                Path(str(named)).read_bytes()
            except OSError as exc:
                problem = f"{what} cannot be read ({option}={named}: {exc.strerror})"
                yield TlsProblem(problem, "correct the path in the URL, or let this process read the file")


def _server_not_trusted(error: ssl.SSLCertVerificationError, options: Mapping[str, Any]) -> TlsProblem:
    host = options.get("host")
    if error.verify_code == EXPIRED:
        return TlsProblem("the server's certificate has expired", "renew it and restart the server")
    if error.verify_code == NOT_YET_VALID:
        return TlsProblem(
            "the server's certificate is not valid yet", "correct the clock of this machine or the server's"
        )
    if error.verify_code in (HOST_MISMATCH, ADDRESS_MISMATCH):
        problem = f"the server's certificate is for another name than {host}"
        return TlsProblem(problem, "write the name in the certificate into the URL, or issue one for this name")
    named = options.get("ssl_ca_certs")
    problem = f"the server's certificate is not from the authority in {named or 'the system'}"
    return TlsProblem(problem, "name the authority that issued it with ssl_ca_certs=FILE in the URL")


def _refused(error: ssl.SSLError, options: Mapping[str, Any]) -> TlsProblem:
    if error.reason in NO_CERTIFICATE and not options.get("ssl_certfile"):
        return _client_not_accepted(options)
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return _plain_server()
    if error.reason == "KEY_VALUES_MISMATCH":
        return TlsProblem(
            "certificate and key of the client do not belong together", "name the key of this certificate"
        )
    if error.reason and "ALERT" in error.reason:
        return _client_not_accepted(options)
    return TlsProblem(
        f"{error.reason or 'TLS failed'}", "look at the files that the URL names, and at the server's log"
    )


def _client_not_accepted(options: Mapping[str, Any]) -> TlsProblem:
    named = options.get("ssl_certfile")
    if not named:
        problem = "the server asks for a client certificate, and the URL names none"
        return TlsProblem(problem, "name it with ssl_certfile=FILE&ssl_keyfile=FILE in the URL")
    if _has_expired(Path(str(named))):
        return TlsProblem(f"the client's certificate has expired ({named})", "renew it; the next connection reads it")
    problem = f"the server does not accept the client's certificate ({named})"
    return TlsProblem(problem, "use one of the authority that the server trusts, for client authentication")


def _plain_server() -> TlsProblem:
    return TlsProblem("the server does not speak TLS", "turn TLS on at the server, or write redis:// in the URL")


def _has_expired(path: Path) -> bool:
    # Imported here: it takes longer to load than the rest of a client, and is needed for a message only.
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc < datetime.now(UTC)
    except (OSError, ValueError):
        return False


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the nearest first."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
