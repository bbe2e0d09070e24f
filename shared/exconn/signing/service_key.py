"""Keys of services: intake signs what it adds to a request and what it answers, device actions sign what they did.

A private half is a PEM file of one service alone, its public half one line of base64 in a file beside those who check.
Neither is configured on a laptop; then nothing is signed, and the list of problems says so.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field

from exconn.settings import Settings
from exconn.signing.errors import KeyFileError
from exconn.signing.keyfile import SigningKey, new_signing_key, parse_public_key, read_signing_key, save_signing_key

#: What a file of a public key may be long; a longer one is another file.
_MAX_PUBLIC = 1024
_REMEDY = "make a pair with: exconn requesters keys --new FILE, which shows the public half"


class IntakeKeySettings(Settings):
    """The key with which intake signs."""

    intake_key_file: Path | None = Field(
        default=None, description="intake's private key in PEM, readable by intake alone; without it nothing is signed"
    )


class IntakePublicKeySettings(Settings):
    """The public half of intake's key."""

    intake_public_key_file: Path | None = Field(
        default=None, description="the public half of intake's key; with it, actions that intake did not sign are held"
    )


class ActionsKeySettings(Settings):
    """The key with which device-action workers sign."""

    actions_key_file: Path | None = Field(
        default=None,
        description="the private key of device actions in PEM, readable by them alone; without it nothing is signed",
    )


class ActionsPublicKeySettings(Settings):
    """The public half of the key of device actions."""

    actions_public_key_file: Path | None = Field(
        default=None,
        description="the public half of the key of device actions; with it, their messages are checked",
    )


def load_service_key(path: Path | None) -> SigningKey | None:
    """The private key in the file, if one is configured. Raises KeyFileError, also when others may read the file."""
    return None if path is None else _read(path)


def load_service_public_key(path: Path | None) -> Ed25519PublicKey | None:
    """The public key in the file, if one is configured. Raises KeyFileError."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_PUBLIC + 1)
        return parse_public_key(raw.decode("ascii").strip())
    except OSError as exc:
        raise KeyFileError(path, exc.strerror or "cannot be read", remedy=_REMEDY) from exc
    except ValueError as exc:
        raise KeyFileError(path, "no Ed25519 public key in base64", remedy=_REMEDY) from exc


def make_service_key(private: Path, *public: Path) -> SigningKey:
    """Make the pair, unless it is there; the public half goes to every file in `public`. Raises KeyFileError."""
    if not private.exists():
        save_signing_key(new_signing_key(), private)
    key = _read(private)
    for path in public:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(f"{key.public_text}\n", encoding="ascii")
        except OSError as exc:
            raise KeyFileError(path, exc.strerror or "cannot be written", remedy="name a new file") from exc
    return key


def _read(path: Path) -> SigningKey:
    return read_signing_key(path, _refuse_open, remedy=_REMEDY)


def _refuse_open(path: Path, found: os.stat_result) -> None:
    """Others may not read it; a group may where the file was mounted for it and belongs to somebody else."""
    mounted = found.st_uid != os.geteuid()
    if found.st_mode & (0o037 if mounted else 0o077):
        raise KeyFileError(path, "others may read it", remedy=f"chmod 600 {path}")
