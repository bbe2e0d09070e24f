"""A certificate authority made at the start, and the certificates that it signs: the server's, and clients'."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from ssl import CERT_OPTIONAL, PROTOCOL_TLS_SERVER, SSLContext, SSLSocket

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = timedelta(days=30)
#: Of a client: RSA, because clients with an older `httpclient` (WinRb) read no other.
_CLIENT_KEY_BITS = 2048
_AnyKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def make_server_context(directory: Path, names: Iterable[str], clients: Mapping[str, str]) -> SSLContext:
    """Write `ca.pem`, `server.pem` and `server.key` and return the context that serves with them.

    `clients` maps file names to user names: each gets a certificate `<file name>.pem` with its key, and the context
    asks for one.
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _authority(ca_key)
    (directory / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    key = ec.generate_private_key(ec.SECP256R1())
    _write(directory, "server", _server_certificate(key, ca, ca_key, names), key)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem", directory / "server.key")
    for file_name, username in clients.items():
        client_key = rsa.generate_private_key(public_exponent=65537, key_size=_CLIENT_KEY_BITS)
        _write(directory, file_name, _client_certificate(client_key, ca, ca_key, username), client_key)
    if clients:
        context.load_verify_locations(directory / "ca.pem")
        context.verify_mode = CERT_OPTIONAL
    return context


def channel_of(certificate_file: Path) -> bytes:
    """What tokens are bound to on a TLS channel with this certificate: `tls-server-end-point` (RFC 5929)."""
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    return b"tls-server-end-point:" + certificate.fingerprint(hashes.SHA256())


def common_name(connection: socket) -> str | None:
    """The name in the certificate that the client has shown, if it has shown one."""
    shown = connection.getpeercert(binary_form=True) if isinstance(connection, SSLSocket) else None
    if not shown:
        return None
    names = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else None


def _write(directory: Path, name: str, certificate: x509.Certificate, key: _AnyKey) -> None:
    (directory / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = directory / f"{name}.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: str, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
    )


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = "Exchange simulator CA"
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(name, _name(name), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, names: Iterable[str]
) -> x509.Certificate:
    return (
        _builder("localhost", ca.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in dict.fromkeys(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _client_certificate(
    key: rsa.RSAPrivateKey, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, username: str
) -> x509.Certificate:
    return (
        _builder(username, ca.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
