"""The certificate with which a service serves TLS: a file for the chain and one for the key, read anew on a change."""

import os
import ssl
from pathlib import Path

from exconn.logs import get_logger

_Stamp = tuple[tuple[int, int, int], ...]

log = get_logger(__name__)


class CertificateError(Exception):
    """The certificate or its key cannot be used."""

    def __init__(self, setting: str, path: Path, problem: str, *, remedy: str) -> None:
        self.setting = setting
        self.path = path
        self.problem = problem
        super().__init__(f"{setting}: {path}: {problem}; {remedy}")


class ServerCertificate:
    """The certificate of one service. `settings` is what the variables begin with that name its files.

    Raises CertificateError when made of files that cannot be used. Later a pair that cannot be used, such as one that
    is being written, leaves the one in force.
    """

    def __init__(self, chain: Path, key: Path, *, settings: str) -> None:
        self._chain = chain
        self._key = key
        self._settings = settings
        self._stamp = self._stamp_now()
        self._context = self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """What to take the next connection with."""
        try:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._stamp = stamp
                self._context = self._load()
                log.info("new certificate", file=str(self._chain))
        except CertificateError as exc:
            log.warning("new certificate cannot be used, the old one stays", problem=str(exc))
        return self._context

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            # An empty password: a key with one would be asked for at the terminal.
            context.load_cert_chain(self._chain, self._key, password="")
        except (OSError, ValueError) as exc:
            remedy = "name a certificate chain in PEM and its key in PEM, without a password"
            problem = f"no pair with {self._key} ({getattr(exc, 'reason', None) or exc})"
            raise CertificateError(f"{self._settings}_TLS_CERT_FILE", self._chain, problem, remedy=remedy) from exc
        return context

    def _stamp_now(self) -> _Stamp:
        return self._stamp_of(self._chain, "CERT"), self._stamp_of(self._key, "KEY", private=True)

    def _stamp_of(self, path: Path, which: str, *, private: bool = False) -> tuple[int, int, int]:
        setting = f"{self._settings}_TLS_{which}_FILE"
        try:
            found = path.stat()
        except OSError as exc:
            problem = exc.strerror or "cannot be read"
            raise CertificateError(setting, path, problem, remedy="name a file that can be read") from exc
        # A group may read a file that was mounted for it and belongs to somebody else.
        open_to_others = 0o077 if found.st_uid == os.geteuid() else 0o037
        if private and found.st_mode & open_to_others:
            raise CertificateError(setting, path, "others may read it", remedy=f"chmod 600 {path}")
        return found.st_mtime_ns, found.st_size, found.st_ino


def server_certificate(chain: Path | None, key: Path | None, *, settings: str) -> ServerCertificate | None:
    """The certificate that is configured; None where none is. Raises CertificateError."""
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        named, missing = ("CERT", "KEY") if key is None else ("KEY", "CERT")
        problem = f"without {settings}_TLS_{missing}_FILE"
        raise CertificateError(f"{settings}_TLS_{named}_FILE", chain or key or Path(), problem, remedy="name both")
    return ServerCertificate(chain, key, settings=settings)
