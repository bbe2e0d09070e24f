"""Intake's signature over an answer: whoever holds its public key sees an answer that is not from it, or not to this
request.

Signed is one line of purpose, one with the digest of what is answered, and then the answer's exact bytes: nobody has
to agree on a canonical form of JSON.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.signing.keyfile import SigningKey

#: The header of HTTP that carries the signature, in base64.
HEADER = "Exconn-Signature"

#: No other thing that intake signs begins so.
_PURPOSE = b"exconn.answer.1\n"


def sign_answer(answer: bytes, digest: str, key: SigningKey) -> str:
    """The signature of an answer to what has that SHA-256 (in hex), as base64."""
    return base64.b64encode(key.private.sign(_signed(answer, digest))).decode()


def is_signed(answer: bytes, digest: str, signature: str, public: Ed25519PublicKey) -> bool:
    """Whether the owner of the key gave exactly this answer to what has that SHA-256."""
    try:
        public.verify(base64.b64decode(signature, validate=True), _signed(answer, digest))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _signed(answer: bytes, digest: str) -> bytes:
    return _PURPOSE + digest.encode("ascii") + b"\n" + answer
