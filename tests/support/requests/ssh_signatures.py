"""OpenSSH keys and their signatures in software, also those of hardware keys, touched or not."""

import base64
import hashlib
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exconn.contracts import Envelope, Request
from exconn.signing.ssh_keys import ED25519, HARDWARE_ED25519, SshPublicKey, parse_ssh_public_key

NAMESPACE = "exconn-request"


def text(value: bytes | str) -> bytes:
    """A string of the SSH protocol."""
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(raw)) + raw


@dataclass(frozen=True)
class SshKey:
    """A key of OpenSSH's; with `application` it is what a hardware key would be."""

    application: str | None = "ssh:"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def algorithm(self) -> str:
        return ED25519 if self.application is None else HARDWARE_ED25519

    @property
    def blob(self) -> bytes:
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return text(self.algorithm) + text(raw) + (text(self.application) if self.application is not None else b"")

    @property
    def line(self) -> str:
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()} anna@laptop"

    @property
    def public(self) -> SshPublicKey:
        return parse_ssh_public_key(self.line)

    def signature(
        self,
        message: bytes,
        *,
        namespace: str = NAMESPACE,
        hashed: str = "sha512",
        flags: int = 1,
        counter: int = 7,
        reserved: bytes = b"",
        key_blob: bytes | None = None,
        algorithm: str | None = None,
    ) -> bytes:
        """A signature in its binary form. `key_blob` and `algorithm` are those that it says, truly or not."""
        digest = hashlib.new(hashed, message).digest()
        frame = b"SSHSIG" + text(namespace) + text(reserved) + text(hashed) + text(digest)
        inner = self.inner(frame, flags=flags, counter=counter, algorithm=algorithm)
        head = b"SSHSIG" + struct.pack(">I", 1) + text(self.blob if key_blob is None else key_blob)
        return head + text(namespace) + text(reserved) + text(hashed) + text(inner)

    def inner(self, frame: bytes, *, flags: int = 1, counter: int = 7, algorithm: str | None = None) -> bytes:
        """What the key itself makes of the bytes that it is to sign; a hardware key says whether it was touched."""
        added = b"" if self.application is None else struct.pack(">BI", flags, counter)
        if self.application is not None:
            frame = hashlib.sha256(self.application.encode()).digest() + added + hashlib.sha256(frame).digest()
        return text(algorithm or self.algorithm) + text(self.private.sign(frame)) + added

    def envelope(self, request: Request, *, flags: int = 1) -> Envelope:
        raw = request.model_dump_json().encode()
        return Envelope(
            form="sshsig",
            key=self.public.id,
            request=base64.b64encode(raw).decode(),
            signature=base64.b64encode(self.signature(raw, flags=flags)).decode(),
        )


def armored(raw: bytes) -> bytes:
    """As ssh-keygen writes it into a file."""
    body = base64.encodebytes(raw).decode()
    return f"-----BEGIN SSH SIGNATURE-----\n{body}-----END SSH SIGNATURE-----\n".encode()
