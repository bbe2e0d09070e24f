"""The queue of fragments that one command, or the pool itself, has for its client.

Bounded: a pipeline that is faster than its client waits. A batch of pool messages may be ended on
purpose, because Windows answers the opening of a pool in two Receives.
"""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Condition

from exconn.simulator.errors import PipelineStopped
from exconn.simulator.protocol.prepared import Halves

#: Characters of base64 that may wait for a client before its pipeline has to.
HIGH_WATER = 2_000_000
#: A Receive with something to give waits this long for more, so that a stream is not sent by single objects.
GATHER_SECONDS = 0.02
#: Characters that a Stream element adds round its fragment.
STREAM_OVERHEAD = 110

#: Base64, whole or in two pieces.
Fragment = str | Halves
_BATCH_END = ""


def _length(fragment: Fragment) -> int:
    return len(fragment) if isinstance(fragment, str) else len(fragment.head) + len(fragment.rest)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one Receive takes along."""

    streams: list[Fragment]
    done: bool
    gone: bool = False


class OutboundQueue:
    """Fragments in order, with a producer that may have to wait and a consumer with a time limit."""

    def __init__(self, gather_seconds: float = GATHER_SECONDS) -> None:
        self._gather_seconds = gather_seconds
        self._changed = Condition()
        self._items: deque[Fragment] = deque()
        self._size = 0
        self._finished = False
        self._closed = False
        self._urgent = False
        #: What a gathering Receive waits for; waking it for each object would cost more than the object.
        self._enough = 0

    def put(self, fragments: Iterable[Fragment], *, urgent: bool = False) -> None:
        """Append; waits while the client is too far behind. PipelineStopped when nobody will read it."""
        with self._changed:
            while self._size > HIGH_WATER and not self._closed:
                self._changed.wait()
            if self._closed:
                raise PipelineStopped
            self._urgent = self._urgent or urgent
            self._append(fragments)

    def offer(self, fragments: Iterable[Fragment]) -> bool:
        """Append without waiting; false when too much waits already."""
        with self._changed:
            if self._size > HIGH_WATER:
                return False
            self._append(fragments)
            return True

    def _append(self, fragments: Iterable[Fragment]) -> None:
        for fragment in fragments:
            self._items.append(fragment)
            self._size += _length(fragment)
        if self._size >= self._enough or self._urgent or self._finished:
            self._changed.notify_all()

    def end_batch(self) -> None:
        """What follows goes into a later Receive."""
        self.offer([_BATCH_END])

    def finish(self, fragments: Iterable[Fragment] = ()) -> None:
        """The last fragments; after them the command is done. Never waits."""
        with self._changed:
            self._finished = True
            self._append(fragments)

    def discard(self) -> None:
        """Forget what waits."""
        with self._changed:
            self._items.clear()
            self._size = 0
            self._changed.notify_all()

    def close(self) -> None:
        """Release everybody who waits here."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, room: int, timeout: float) -> Delivery | None:
        """Up to `room` characters of fragments; None when nothing came in time."""
        deadline = time.monotonic() + timeout
        with self._changed:
            if not self._wait_for_something(deadline):
                return None
            self._gather(room, min(deadline, time.monotonic() + self._gather_seconds))
            if self._closed:
                return Delivery([], done=False, gone=True)
            streams = self._pop(room)
            self._changed.notify_all()
            return Delivery(streams, done=self._finished and not self._items)

    def _wait_for_something(self, deadline: float) -> bool:
        while not (self._items or self._finished or self._closed):
            left = deadline - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                return bool(self._items or self._finished or self._closed)
        return True

    def _gather(self, room: int, until: float) -> None:
        self._enough = room
        while not (self._finished or self._closed or self._urgent) and self._size < room:
            left = until - time.monotonic()
            if left <= 0:
                break
            self._changed.wait(left)
        self._enough = 0

    def _pop(self, room: int) -> list[Fragment]:
        streams: list[Fragment] = []
        while self._items:
            fragment = self._items[0]
            if fragment == _BATCH_END:
                self._items.popleft()
                break
            length = _length(fragment)
            if streams and length + STREAM_OVERHEAD > room:
                break
            self._items.popleft()
            self._size -= length
            room -= length + STREAM_OVERHEAD
            streams.append(fragment)
        self._urgent = False
        return streams
