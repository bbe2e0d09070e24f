"""Messages encrypted inside HTTP by the security context of the connection ([MS-WSMV] 2.2.9.1)."""

import re
import struct
from typing import Protocol

_MARK = b"--Encrypted Boundary"
#: Exchange writes a blank between the dashes and the name.
_MARK_LINE = re.compile(rb"--[ ]?Encrypted Boundary\r\n")
_MARK_END = re.compile(rb"--[ ]?Encrypted Boundary--(?:\r\n)?\Z")
_LENGTH = re.compile(rb"Length=(\d{1,9})\s")
_OCTETS = b"Content-Type: application/octet-stream\r\n"
_TRAILER = 40
#: Older ciphers pad; the length may count that.
_MOST_PADDING = 16


class SecurityContext(Protocol):
    """What pyspnego gives when both sides have proven themselves."""

    def wrap_winrm(self, data: bytes) -> tuple[bytes, bytes, int]:
        """Signature, encrypted data, bytes of padding."""

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """The data; raises when it was changed on the way."""


class SealBroken(Exception):
    """An encrypted message does not have its form, or not its length."""


def is_sealed(media: str) -> bool:
    """Whether a body of this Content-Type is encrypted."""
    return media.lower().startswith("multipart/encrypted")


def seal(message: bytes, context: SecurityContext, scheme: str) -> tuple[bytes, str]:
    """The encrypted message and its Content-Type. Bare Kerberos has a name of its own there."""
    kind = "Kerberos" if scheme == "Kerberos" else "SPNEGO"
    protocol = f"application/HTTP-{kind}-session-encrypted"
    signature, data, padding = context.wrap_winrm(message)
    original = f"type=application/soap+xml;charset=UTF-8;Length={len(message) + padding}"
    body = b"".join(
        (
            _MARK,
            f"\r\n\tContent-Type: {protocol}\r\n\tOriginalContent: {original}\r\n".encode("ascii"),
            _MARK,
            b"\r\n\t",
            _OCTETS,
            struct.pack("<I", len(signature)),
            signature,
            data,
            _MARK,
            b"--\r\n",
        )
    )
    return body, f'multipart/encrypted;protocol="{protocol}";boundary="Encrypted Boundary"'


def unseal(body: bytes, context: SecurityContext) -> bytes:
    """The message inside; SealBroken for a wrong form, the context's own error when it was tampered with."""
    body = body.lstrip(b"\r\n")
    first = _MARK_LINE.match(body)
    second = _MARK_LINE.search(body, first.end()) if first else None
    end = _MARK_END.search(body, max(0, len(body) - _TRAILER))
    if first is None or second is None or end is None:
        raise SealBroken("its parts were not found")
    length = _LENGTH.search(body, first.end(), second.start())
    octets = body.find(_OCTETS, second.end(), second.end() + len(_OCTETS) + 2)
    start = octets + len(_OCTETS)
    if length is None or octets < 0 or end.start() - start < 4:
        raise SealBroken("its length or its type is missing")
    (signature,) = struct.unpack_from("<I", body, start)
    encrypted = memoryview(body)[start + 4 : end.start()]
    message = context.unwrap_winrm(bytes(encrypted[:signature]), bytes(encrypted[signature:]))
    if not 0 <= int(length[1]) - len(message) <= _MOST_PADDING:
        raise SealBroken("it is not as long as it says")
    return message
