"""PSRP messages and fragments as bytes: joined on the way in, cut on the way out.

Both directions are done here because the library behind `inbound` keeps one queue for all pipelines
and keys pipelines by an id that need not be the WSMan command id.
"""

import struct
from base64 import b64encode
from binascii import b2a_base64
from dataclasses import dataclass, field
from uuid import UUID

from exconn.simulator.errors import MalformedPsrp
from exconn.simulator.protocol.prepared import Halves, Prepared

_FRAGMENT = struct.Struct(">QQBI")
_MESSAGE = struct.Struct("<II16s16s")
_KINDS = struct.Struct("<II")
_START, _END = 1, 2
_TO_CLIENT = 1
BOM = b"\xef\xbb\xbf"

#: A message that grows past this is refused, so that one client cannot fill the memory.
LARGEST_MESSAGE = 8 * 1024 * 1024
#: Messages that a client may leave half sent.
MOST_OPEN_MESSAGES = 64
#: Fragments as Windows cuts them; smaller ones when the client's envelope is small.
LARGEST_FRAGMENT = 32 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One whole PSRP message from a client."""

    type: int
    runspace_pool: UUID
    pipeline: UUID
    body: bytes


def read_message(data: bytes) -> Message:
    """Split a defragmented message into header and body."""
    if len(data) < _MESSAGE.size:
        raise MalformedPsrp("the message is shorter than its header")
    _destination, kind, pool, pipeline = _MESSAGE.unpack_from(data)
    body = data[_MESSAGE.size :].removeprefix(BOM)
    return Message(kind, UUID(bytes_le=pool), UUID(bytes_le=pipeline), body)


def message_bytes(kind: int, pool: UUID, pipeline: UUID | None, body: str) -> bytes:
    """Frame a body for the client, with the byte order mark that Windows sends."""
    header = _MESSAGE.pack(_TO_CLIENT, kind, pool.bytes_le, pipeline.bytes_le if pipeline else bytes(16))
    return header + BOM + body.encode("utf-8", "surrogatepass")


def fragment_texts(object_id: int, message: bytes, size: int) -> list[str]:
    """Cut a message into fragments of at most `size` bytes, each base64 for a Stream element."""
    room = size - _FRAGMENT.size
    if len(message) <= room:
        return [b64encode(_FRAGMENT.pack(object_id, 0, _START | _END, len(message)) + message).decode("ascii")]
    texts = []
    for number, begin in enumerate(range(0, len(message), room)):
        part = message[begin : begin + room]
        flags = (_START if number == 0 else 0) | (_END if begin + room >= len(message) else 0)
        texts.append(b64encode(_FRAGMENT.pack(object_id, number, flags, len(part)) + part).decode("ascii"))
    return texts


class Frame:
    """What all messages of one pipeline share, packed once."""

    __slots__ = ("_ids", "_room")

    def __init__(self, pool: UUID, pipeline: UUID | None, size: int) -> None:
        self._ids = pool.bytes_le + (pipeline.bytes_le if pipeline else bytes(16))
        self._room = size - _FRAGMENT.size - _MESSAGE.size - len(BOM)

    def fits(self, prepared: Prepared) -> bool:
        """Whether it goes into one fragment."""
        return prepared.size <= self._room

    def halves(self, object_id: int, kind: int, prepared: Prepared) -> Halves:
        """A message of one fragment, of which most is base64 already."""
        length = _MESSAGE.size + len(BOM) + prepared.size
        fragment = _FRAGMENT.pack(object_id, 0, _START | _END, length)
        header = b"".join((fragment, _KINDS.pack(_TO_CLIENT, kind), self._ids, BOM, prepared.head))
        return Halves(b2a_base64(header, newline=False), prepared.rest)


def halve_last_message(data: bytes) -> bytes:
    """A single fragment whose message ends in the middle of its body, and says that it is whole."""
    object_id, number, flags, length = _FRAGMENT.unpack_from(data)
    message = data[_FRAGMENT.size : _FRAGMENT.size + length]
    half = message[: _MESSAGE.size + (len(message) - _MESSAGE.size) // 2]
    return _FRAGMENT.pack(object_id, number, flags, len(half)) + half


def single_fragment(object_id: int, data: bytes) -> bytes:
    """The same message as one fragment, for the decoding library."""
    return _FRAGMENT.pack(object_id, 0, _START | _END, len(data)) + data


@dataclass(slots=True)
class Joiner:
    """Collects fragments into messages; a broken fragment drops only its own message."""

    _parts: dict[int, list[bytes]] = field(default_factory=dict)

    def add(self, data: bytes) -> list[bytes]:
        """Feed decoded stream content, get the messages that it completes."""
        messages = []
        position = 0
        while position < len(data):
            if len(data) - position < _FRAGMENT.size:
                raise MalformedPsrp("the fragment is shorter than its header")
            object_id, number, flags, length = _FRAGMENT.unpack_from(data, position)
            position += _FRAGMENT.size
            part = data[position : position + length]
            if len(part) < length:
                raise MalformedPsrp("the fragment is shorter than it says")
            position += length
            if (whole := self._join(object_id, number, flags, part)) is not None:
                messages.append(whole)
        return messages

    def _join(self, object_id: int, number: int, flags: int, part: bytes) -> bytes | None:
        parts = self._parts.pop(object_id, [])
        if number != len(parts) or bool(flags & _START) != (number == 0):
            raise MalformedPsrp(f"fragment {number} of message {object_id} is out of order")
        parts.append(part)
        if sum(map(len, parts)) > LARGEST_MESSAGE:
            raise MalformedPsrp(f"message {object_id} is larger than {LARGEST_MESSAGE} bytes")
        if flags & _END:
            return b"".join(parts)
        if len(self._parts) >= MOST_OPEN_MESSAGES:
            raise MalformedPsrp(f"more than {MOST_OPEN_MESSAGES} messages are half sent")
        self._parts[object_id] = parts
        return None
