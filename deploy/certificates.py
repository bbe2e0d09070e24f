"""Makes the certificates with which servers and services know one another: a private authority, a certificate for each
server and one for each service.

`python certificates.py OUTPUT --server broker=broker --service intake` writes `ca.crt`, `tls.crt` and `tls.key` into
OUTPUT/broker and OUTPUT/intake; the authority's own key stays in OUTPUT/authority. What is good for half a year more
stays as it is.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA, CERTIFICATE, KEY = "ca.crt", "tls.crt", "tls.key"
AUTHORITY_LASTS = timedelta(days=3650)
LASTS = timedelta(days=730)
#: What ends within this time is made anew: half a year in which some start of the deployment has to fall.
RENEWED_BEFORE = timedelta(days=182)
#: Clocks of machines that share a folder may differ.
BACKDATED = timedelta(minutes=10)
#: A server's own health check asks it by these names.
OWN_NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Authority:
    """The one whom servers and services trust, and nobody else."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, common_name: str, names: Sequence[str], now: datetime) -> "tuple[x509.Certificate, bytes]":
        """A certificate for a server under `names`, or without names for a service; and its key as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        ends = min(now + LASTS, self.certificate.not_valid_after_utc)
        builder = _builder(common_name, self.certificate.subject, key.public_key(), now, ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        # A server's health check is a client of it, with the server's own certificate.
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(name) for name in names]), critical=False
            )
        return builder.sign(self.key, hashes.SHA256()), _pem_of(key)

    def issued(self, certificate: x509.Certificate) -> bool:
        """Whether this authority signed it."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


def write_certificates(
    output: Path, servers: Mapping[str, Sequence[str]], services: Sequence[str], now: datetime | None = None
) -> list[str]:
    """Write what is missing or ends soon; the folders that got a new certificate.

    `servers` has the names under which each is reached. A new authority makes all certificates anew. Raises OSError,
    and ValueError for a file that is there and is no certificate or key.
    """
    at = now or datetime.now(UTC)
    authority = authority_in(output / "authority", at)
    wanted = {name: (*names, *OWN_NAMES) for name, names in servers.items()} | dict.fromkeys(services, ())
    return [name for name, names in wanted.items() if _renew(output / name, authority, names, at)]


def authority_in(folder: Path, now: datetime) -> Authority:
    if (folder / KEY).exists():
        certificate = x509.load_pem_x509_certificate((folder / CA).read_bytes())
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
        # One that ends before the certificates that it would issue today is replaced, with all of them.
        if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc - now > LASTS:
            return Authority(certificate, key)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exconn authority")])
    certificate = (
        _builder("exconn authority", name, key.public_key(), now, now + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / CA, certificate.public_bytes(serialization.Encoding.PEM))
    _write(folder / KEY, _pem_of(key))
    return Authority(certificate, key)


def _renew(folder: Path, authority: Authority, names: Sequence[str], now: datetime) -> bool:
    if _is_good(folder, authority, names, now):
        return False
    certificate, key = authority.issue(folder.name, names, now)
    # The key last: a start in between finds a pair that does not fit, and makes it anew.
    _write(folder / CA, authority.certificate.public_bytes(serialization.Encoding.PEM))
    _write(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    _write(folder / KEY, key)
    return True


def _is_good(folder: Path, authority: Authority, names: Sequence[str], now: datetime) -> bool:
    if not all((folder / name).exists() for name in (CA, CERTIFICATE, KEY)):
        return False
    certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
    return (
        authority.issued(certificate)
        and certificate.public_key() == key.public_key()
        and (folder / CA).read_bytes() == authority.certificate.public_bytes(serialization.Encoding.PEM)
        and _names_of(certificate) == {_name(name) for name in names}
        and certificate.not_valid_after_utc - now > RENEWED_BEFORE
    )


def _names_of(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        return set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return set()


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    common_name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(ends)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.draft")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)


def main() -> int:
    """Write to the folder that the command line names; the exit code."""
    parser = argparse.ArgumentParser(description="Make certificates for servers and services.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--server", action="append", default=[], help="FOLDER=NAME,...: a server and its host names")
    parser.add_argument("--service", action="append", default=[], help="FOLDER: a client")
    given = parser.parse_args()
    servers = {folder: names.split(",") for folder, _, names in (item.partition("=") for item in given.server)}
    try:
        made = write_certificates(given.output, servers, given.service)
    except (OSError, ValueError) as exc:
        sys.stderr.write(f"certificates: {exc}\n")
        return 1
    print("made anew: " + (", ".join(made) or "nothing"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
