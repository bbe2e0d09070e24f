"""Ed25519 keys of requesters: private ones in files of their owner alone, public ones as base64 text."""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from exconn.signing.errors import KeyFileError

_PUBLIC_BYTES = 32
_MAX_FILE = 8192


@dataclass(frozen=True)
class SigningKey:
    """A requester's private key, with the id by which the registry knows its public half."""

    id: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public_text(self) -> str:
        """The public half, as the registry takes it."""
        return base64.b64encode(_public_bytes(self.private.public_key())).decode()


def new_signing_key() -> SigningKey:
    """A fresh key."""
    return _signing_key(Ed25519PrivateKey.generate())


def key_id(public: Ed25519PublicKey) -> str:
    """The id of a public key: it follows from the key, so that nobody has to name it."""
    return "k" + hashlib.sha256(_public_bytes(public)).hexdigest()[:20]


def parse_public_key(text: str) -> Ed25519PublicKey:
    """The public key in its text form. Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("no base64 text") from exc
    if len(raw) != _PUBLIC_BYTES:
        raise ValueError(f"{len(raw)} bytes instead of {_PUBLIC_BYTES}: no Ed25519 public key")
    return Ed25519PublicKey.from_public_bytes(raw)


def load_signing_key(path: Path) -> SigningKey:
    """A requester's key in a PEM file. Raises KeyFileError, also when others may read the file."""
    return read_signing_key(path, _refuse_open, remedy="make one with: exconn requesters keys --new FILE")


def read_signing_key(path: Path, check: Callable[[Path, os.stat_result], None], *, remedy: str) -> SigningKey:
    """The key in a PEM file of which `check` has nothing to say. Raises KeyFileError, which says `remedy`."""
    try:
        with path.open("rb") as file:
            check(path, os.fstat(file.fileno()))
            raw = file.read(_MAX_FILE)
        key = load_pem_private_key(raw, password=None)
    except OSError as exc:
        raise KeyFileError(path, exc.strerror or "cannot be read", remedy=remedy) from exc
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise KeyFileError(path, "no private key in PEM without passphrase", remedy=remedy) from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(path, "no Ed25519 key", remedy=remedy)
    return _signing_key(key)


def _refuse_open(path: Path, found: os.stat_result) -> None:
    if found.st_mode & 0o077:
        raise KeyFileError(path, "others may read it", remedy=f"chmod 600 {path}")


def save_signing_key(key: SigningKey, path: Path) -> None:
    """Write the key to a new file of its owner alone. Raises KeyFileError, also when the file is there."""
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        raise KeyFileError(path, exc.strerror or "cannot be written", remedy="name a new file") from exc
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)


def _signing_key(private: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(key_id(private.public_key()), private)


def _public_bytes(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
