"""TLS towards Exchange: whom we trust, who we are, what tokens are bound to, and what a failed handshake says."""

import select
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import EndpointRefused, Unreachable, UntrustedCertificate
from exconn.exchange.wsman.tls_versions import lowered

#: What OpenSSL's verification found (X509_V_ERR_*), in words; anything else is an authority that is not trusted.
_FOUND = {
    9: "it is not valid yet, or the clock of this machine is wrong",
    10: "it has expired, or the clock of this machine is wrong",
    18: "it is self-signed",
    19: "it is signed by a self-signed authority that is not ours",
    62: "it is for another host name (hostname mismatch)",
    64: "it is for another IP address (IP address mismatch)",
}


def client_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Verifies against the endpoint's authority, or the system's; shows the account's certificate if it has one."""
    try:
        context = ssl.create_default_context(cafile=endpoint.ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise _unusable("ca_file", endpoint.ca_file, exc) from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if lowered(endpoint.server, endpoint.port):
        lower(context)
    # The PowerShell directory asks for a certificate after the handshake, also of those who have none.
    context.post_handshake_auth = True
    # The same on every Python: an intermediate or the server's own certificate may be the one that is trusted, and an
    # authority that leaves out extensions, as older ones do, is one.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if endpoint.certificate_file is not None:
        try:
            context.load_cert_chain(endpoint.certificate_file, endpoint.certificate_key_file, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as exc:
            raise _unusable("certificate_file", endpoint.certificate_file, exc) from exc
    return context


def lower(context: ssl.SSLContext) -> None:
    """No TLS 1.3 in handshakes from now on."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def handshake(context: ssl.SSLContext, plain: socket.socket, server: str) -> ssl.SSLSocket:
    """The connection, encrypted, with a server that has proven its name. TimeoutError passes."""
    try:
        return context.wrap_socket(plain, server_hostname=server)
    except ssl.SSLCertVerificationError as exc:
        detail = _FOUND.get(exc.verify_code, "it comes from an authority that is not known")
        raise UntrustedCertificate(server, detail) from exc
    except TimeoutError:
        raise
    except (ssl.SSLError, OSError) as exc:
        raise Unreachable(
            server, f"no TLS came about ({reason_of(exc)}); check that the port is served with https"
        ) from exc


def channel_of(connection: ssl.SSLSocket) -> bytes | None:
    """`tls-server-end-point`: the hash of the server's certificate, by the hash of its signature (RFC 5929, 4.1)."""
    shown = connection.getpeercert(binary_form=True)
    if not shown:
        return None
    certificate = x509.load_der_x509_certificate(shown)
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if algorithm is None or algorithm.name in ("md5", "sha1"):
        algorithm = hashes.SHA256()
    return b"tls-server-end-point:" + certificate.fingerprint(algorithm)


def is_closed(connection: socket.socket) -> bool:
    """Has the other side hung up, or said something that nobody asked for, while the connection was idle?"""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True
    # Unlike select, poll takes any descriptor number.
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    if not poller.poll(0):
        return False
    return not isinstance(connection, ssl.SSLSocket) or _has_ended_or_speaks(connection)


def _has_ended_or_speaks(connection: ssl.SSLSocket) -> bool:
    """Whether what arrived is more than TLS' own: a server sends session tickets when it likes."""
    connection.settimeout(0)
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True
    return True


def _no_password() -> str:
    # Asked for only by a key that is encrypted; without this OpenSSL would ask at the terminal.
    raise ValueError("the key is encrypted")


def _unusable(setting: str, path: Path | None, exc: Exception) -> EndpointRefused:
    why = "the key is encrypted" if "encrypted" in str(exc) else getattr(exc, "strerror", None) or type(exc).__name__
    return EndpointRefused(
        setting, f"{path} cannot be used ({why})", "Name a readable PEM file; a key must be without passphrase."
    )


def reason_of(exc: Exception) -> str:
    """What OpenSSL says in a few words, or the name of the error: never text that came over the wire."""
    reason = getattr(exc, "reason", None) if isinstance(exc, ssl.SSLError) else None
    return str(reason).lower().replace("_", " ") if reason else type(exc).__name__
