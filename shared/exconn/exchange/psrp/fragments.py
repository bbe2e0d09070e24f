"""Puts PSRP messages together from their fragments, with bounded memory.

A fragment: object id, fragment id (8 bytes each), a flag byte (1 first, 2 last), length (4 bytes), all
big-endian. A message: destination, type (4 bytes each), pool id, pipeline id (16 bytes each), body.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from exconn.exchange.clixml.reader import MAX_BYTES
from exconn.exchange.errors import Malformed

_HEADER = struct.Struct(">QQBI")
_KIND = struct.Struct("<I")
_MESSAGE_HEADER = 40
_FIRST, _LAST = 1, 2
#: Messages whose parts may be under way at once. One runspace and one pipeline need two.
_MAX_PARTIAL = 16


@dataclass(frozen=True, slots=True)
class Message:
    """One PSRP message as it arrived; `content` is header and body."""

    kind: int
    pipeline: bytes
    content: bytes

    @property
    def body(self) -> bytes:
        return self.content[_MESSAGE_HEADER:]


@dataclass(slots=True)
class _Partial:
    """What is there of a message, and which fragment comes next."""

    data: bytearray = field(default_factory=bytearray)
    expected: int = 0


class Assembly:
    """Fragments in, whole messages out. Keeps only what is not complete yet, in all no more than one message may be."""

    def __init__(self) -> None:
        self._partial: dict[int, _Partial] = {}
        self._kept = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete; `Malformed` when fragments break the rules."""
        position, end = 0, len(data)
        while position < end:
            if end - position < _HEADER.size:
                raise Malformed("a fragment shorter than its header", data[position:])
            object_id, fragment_id, flags, length = _HEADER.unpack_from(data, position)
            position += _HEADER.size
            if end - position < length:
                raise Malformed("a fragment shorter than it says", data[position:])
            part = data[position : position + length]
            position += length
            if flags & _FIRST and flags & _LAST:
                yield _message(part)
            else:
                yield from self._add(object_id, fragment_id, flags, part)

    def _add(self, object_id: int, fragment_id: int, flags: int, part: bytes) -> Iterator[Message]:
        if flags & _FIRST:
            self._begin(object_id)
        partial = self._partial.get(object_id)
        if partial is None or fragment_id != partial.expected:
            raise Malformed("fragments out of order")
        if not part and not flags & _LAST:
            raise Malformed("a fragment of nothing")
        partial.data += part
        partial.expected += 1
        self._kept += len(part)
        if self._kept > MAX_BYTES + _MESSAGE_HEADER:
            raise Malformed(f"messages of more than {MAX_BYTES} bytes")
        if flags & _LAST:
            self._kept -= len(partial.data)
            del self._partial[object_id]
            yield _message(bytes(partial.data))

    def _begin(self, object_id: int) -> None:
        if object_id in self._partial:
            raise Malformed("a message that begins twice")
        if len(self._partial) >= _MAX_PARTIAL:
            raise Malformed("too many messages begun and not ended")
        self._partial[object_id] = _Partial()


def _message(content: bytes) -> Message:
    if len(content) < _MESSAGE_HEADER:
        raise Malformed("a message shorter than its header", content)
    return Message(_KIND.unpack_from(content, 4)[0], content[24:40], content)
