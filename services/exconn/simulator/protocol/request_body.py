"""The body of an HTTP request, sent with its length or in chunks (RFC 9112, section 7.1), up to a limit.

And whether the answer's body may be compressed (RFC 9110, section 12.5.3).
"""

from email.message import Message
from io import BufferedIOBase

from exconn.simulator.errors import HttpRefusal

#: Read at most, so that even a request that is too large for WSMan gets a fault, and none fills the memory.
MOST_READ = 8 * 1024 * 1024
_LONGEST_LINE = 8192


def read_body(stream: BufferedIOBase, headers: "Message[str, str]") -> bytes:
    """All of the body. HttpRefusal 411 without a usable length, 413 beyond the limit, 400 for broken chunks."""
    coding = headers.get("Transfer-Encoding", "").strip().lower()
    if coding == "chunked":
        return _read_chunks(stream)
    if coding:
        raise HttpRefusal(501, "Not Implemented")
    length = headers.get("Content-Length", "0").strip()
    if not (length.isascii() and length.isdigit()):
        raise HttpRefusal(411, "Length Required")
    if int(length) > MOST_READ:
        raise HttpRefusal(413, "Payload Too Large")
    return stream.read(int(length))


def _read_chunks(stream: BufferedIOBase) -> bytes:
    parts: list[bytes] = []
    left = MOST_READ
    while (size := _chunk_size(stream)) > 0:
        left -= size
        if left < 0:
            raise HttpRefusal(413, "Payload Too Large")
        parts.append(stream.read(size))
        if len(parts[-1]) < size or stream.readline(_LONGEST_LINE).strip():
            raise HttpRefusal(400, "Bad Request")
    _skip_trailers(stream)
    return b"".join(parts)


def _chunk_size(stream: BufferedIOBase) -> int:
    digits = stream.readline(_LONGEST_LINE).split(b";")[0].strip()
    try:
        size = int(digits, 16)
    except ValueError:
        raise HttpRefusal(400, "Bad Request") from None
    if size < 0:
        raise HttpRefusal(400, "Bad Request")
    return size


def _skip_trailers(stream: BufferedIOBase) -> None:
    for _ in range(100):
        if not stream.readline(_LONGEST_LINE).strip():
            return
    raise HttpRefusal(400, "Bad Request")


def takes_gzip(headers: "Message[str, str]") -> bool:
    """Whether the client names gzip, and not with a weight of zero."""
    for part in headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
