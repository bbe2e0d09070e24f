"""Public keys as OpenSSH writes them: Ed25519, in a file or an agent, and Ed25519 in a hardware key (FIDO2).

A line of a `.pub` file, "ssh-ed25519 AAAA... comment" or "sk-ssh-ed25519@openssh.com AAAA... comment". The comment
means nothing.
"""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.signing.ssh_wire import SshFormatError, SshReader, from_base64

ED25519 = "ssh-ed25519"
HARDWARE_ED25519 = "sk-ssh-ed25519@openssh.com"

_LENGTH = 32
_MOST = 2048


@dataclass(frozen=True)
class SshPublicKey:
    """An OpenSSH key. `application` is that of a hardware key, which signs it along; None for a key in a file."""

    blob: bytes
    public: Ed25519PublicKey
    application: bytes | None

    @property
    def algorithm(self) -> str:
        """The name of the key's type, which is also that of its signatures."""
        return ED25519 if self.application is None else HARDWARE_ED25519

    @property
    def hardware(self) -> bool:
        """Whether the private half is in a hardware key."""
        return self.application is not None

    @property
    def id(self) -> str:
        """The id of the key: it follows from the key, so that nobody has to name it."""
        return "k" + hashlib.sha256(self.blob).hexdigest()[:20]

    @property
    def public_text(self) -> str:
        """The key as the registry takes it."""
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()}"


def looks_like_ssh(text: str) -> bool:
    """Whether a public key is written in OpenSSH's form, be it usable or not: a type, a blank, the key."""
    return " " in text.strip() or text.lstrip().startswith(("ssh-", "sk-", "ecdsa-"))


def parse_ssh_public_key(text: str) -> SshPublicKey:
    """The key in one line of a `.pub` file. Raises SshFormatError."""
    line = text.strip()
    if len(line) > _MOST or not line.isprintable():
        raise SshFormatError("key", f"no single line of at most {_MOST} printable characters")
    algorithm, _, rest = line.partition(" ")
    if algorithm not in (ED25519, HARDWARE_ED25519):
        raise SshFormatError("key", f"type {algorithm[:40]!r} is not taken; write {ED25519} or {HARDWARE_ED25519}")
    key = parse_ssh_key_blob(from_base64(rest.strip().partition(" ")[0], "key"))
    if key.algorithm != algorithm:
        raise SshFormatError("key", f"it says {algorithm} and holds {key.algorithm}")
    return key


def parse_ssh_key_blob(blob: bytes) -> SshPublicKey:
    """The key in its binary form. Raises SshFormatError."""
    reader = SshReader(blob)
    algorithm = reader.word("key type")
    if algorithm not in (ED25519, HARDWARE_ED25519):
        raise SshFormatError("key type", f"{algorithm[:40]!r} is neither {ED25519} nor {HARDWARE_ED25519}")
    raw = reader.string("public key")
    if len(raw) != _LENGTH:
        raise SshFormatError("public key", f"{len(raw)} bytes instead of {_LENGTH}")
    application = reader.string("application") if algorithm == HARDWARE_ED25519 else None
    reader.end("key")
    return SshPublicKey(blob, Ed25519PublicKey.from_public_bytes(raw), application)
