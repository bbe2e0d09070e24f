"""A checkpoint: the root of the audit log at one size, signed: who holds it can tell a log that was rewritten."""

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.signing.keyfile import SigningKey, key_id

_TITLE = "exconn audit checkpoint 1"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """`root` is that over the first `size` elements, in hex; `at` are milliseconds since 1970.

    Without a key it is not signed: `key` and `signature` are empty.
    """

    size: int
    root: str
    at: int
    key: str = ""
    signature: str = ""

    def signed_text(self) -> bytes:
        """The bytes under the signature."""
        return f"{_TITLE}\n{self.size}\n{self.root}\n{self.at}\n".encode()

    def signed_with(self, key: SigningKey) -> "Checkpoint":
        """The same, signed."""
        signature = base64.b64encode(key.private.sign(self.signed_text())).decode()
        return Checkpoint(size=self.size, root=self.root, at=self.at, key=key.id, signature=signature)

    def is_signed_by(self, public: Ed25519PublicKey) -> bool:
        """Whether the signature is good, and of that key."""
        try:
            public.verify(base64.b64decode(self.signature, validate=True), self.signed_text())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return self.key == key_id(public)
