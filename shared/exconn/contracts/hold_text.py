"""What a job is held for, in one text: a release is signed for exactly that.

What a brake holds is let go as the very request that was signed, which names who asked, the device, and what was seen
of it: whoever exchanges two held jobs, on a page or in the ledger, has no other phone wiped than the one shown.
"""

import hashlib

from exconn.contracts.request import Envelope

#: 128 bits, in hexadecimal.
_LENGTH = 32


def hold_text(reason: str, subject: str = "") -> str:
    """The code of the reason and, where there is one, what exactly a release is for."""
    return f"{reason} {subject}".rstrip()


def asked_of(signed: bytes) -> str:
    """What stands for a signed request where a brake holds it."""
    return asked_in(hashlib.sha256(signed).hexdigest())


def asked_in(digest: str) -> str:
    """The same, of the SHA-256 of the signed bytes, in hexadecimal."""
    return digest[:_LENGTH]


def brake_text(reason: str, envelope: Envelope) -> str:
    """What a release past that brake is for. Raises BadRequestError."""
    return hold_text(reason, asked_of(envelope.signed_bytes()))


def reason_in(text: str) -> str:
    """The code of the reason in such a text."""
    return text.partition(" ")[0]
