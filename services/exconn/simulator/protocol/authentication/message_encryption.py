"""Messages encrypted inside HTTP, as Windows writes them ([MS-WSMV] 2.2.9.1)."""

import re
import struct
from typing import Protocol

_BOUNDARY = "Encrypted Boundary"
_MARK = re.compile(rb"--\s?Encrypted Boundary\r\n")
_END = re.compile(rb"--\s?Encrypted Boundary--\s*\Z")
_LENGTH = re.compile(rb"Length=(\d{1,9})")
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"
#: Windows writes a tab before it, WinRb nothing.
_OCTETS_HEARD = re.compile(rb"[\t ]*Content-Type: application/octet-stream\r\n", re.IGNORECASE)
_TRAILER_BYTES = 64
_MOST_PADDING = 8


class Sealing(Protocol):
    """The security context of a connection."""

    def wrap_winrm(self, data: bytes) -> tuple[bytes, bytes, int]:
        """Signature, encrypted data, bytes of padding."""

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """The data; raises when it was tampered with."""


class SealBroken(Exception):
    """An encrypted message cannot be opened."""


def is_sealed(media: str) -> bool:
    """Whether a body of this Content-Type is encrypted."""
    return media.lower().startswith("multipart/encrypted")


def open_sealed(message: bytes, context: Sealing) -> bytes:
    """The message inside. SealBroken for a wrong form; the context's own error when it was tampered with."""
    first = _MARK.match(message)
    second = _MARK.search(message, first.end()) if first else None
    if first is None or second is None:
        raise SealBroken("the parts of the message were not found")
    length = _LENGTH.search(message, first.end(), second.start())
    start = second.end()
    end = _END.search(message, max(start, len(message) - _TRAILER_BYTES))
    octets = _OCTETS_HEARD.match(message, start)
    if length is None or end is None or octets is None:
        raise SealBroken("length, type or end of the message is missing")
    content = message[octets.end() : end.start()]
    if len(content) < 4:
        raise SealBroken("the encrypted part is too short")
    (signature,) = struct.unpack_from("<I", content)
    opened = context.unwrap_winrm(content[4 : 4 + signature], content[4 + signature :])
    # The length may count the padding of older ciphers.
    if not 0 <= int(length[1]) - len(opened) <= _MOST_PADDING:
        raise SealBroken("the message is not as long as it says")
    return opened


def seal(body: bytes, context: Sealing, *, protocol: str, spaced: bool) -> tuple[bytes, str]:
    """The encrypted message and its Content-Type."""
    signature, data, padding = context.wrap_winrm(body)
    mark = f"--{' ' if spaced else ''}{_BOUNDARY}"
    head = (
        f"{mark}\r\n\tContent-Type: {protocol}\r\n"
        f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(body) + padding}\r\n{mark}\r\n"
    )
    message = b"".join(
        (head.encode(), _OCTETS, struct.pack("<I", len(signature)), signature, data, f"{mark}--\r\n".encode())
    )
    return message, f'multipart/encrypted;protocol="{protocol}";boundary="{_BOUNDARY}"'
