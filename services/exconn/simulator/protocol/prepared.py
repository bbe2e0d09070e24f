"""Results that are sent again and again: kept with their base64, and forgotten when anything changes."""

from base64 import b64encode
from collections.abc import Callable, Hashable
from threading import RLock
from types import TracebackType
from typing import NamedTuple

#: Bytes of a message before its body (fragment header, message header, byte order mark) are one more than a
#: multiple of three: two bytes of the body go with them, and the base64 of the rest never changes.
HEAD = 2

#: Characters that are kept at most; a large organization is made anew each time beyond that.
MOST_KEPT = 64_000_000


class Prepared(str):
    """An object's CLIXML with the base64 of all but its first bytes."""

    __slots__ = ("head", "rest", "size")

    head: bytes
    rest: bytes
    size: int

    def __new__(cls, text: str) -> "Prepared":
        """Work out what can be worked out once."""
        prepared = super().__new__(cls, text)
        data = text.encode("utf-8", "surrogatepass")
        prepared.head = data[:HEAD]
        prepared.rest = b64encode(data[HEAD:])
        prepared.size = len(data)
        return prepared


class Halves(NamedTuple):
    """A fragment's base64 in two pieces, not put together before the whole answer is."""

    head: bytes
    rest: bytes


class ChangeLock:
    """A lock that counts: whoever held it may have changed something."""

    def __init__(self) -> None:
        self._lock = RLock()
        self.version = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self.version += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Counted on both sides: what was made while somebody held the lock is not to be kept.
        self.version += 1
        self._lock.release()


class Kept:
    """Prepared results by key, as long as nothing changes. What comes when it is full is not kept."""

    def __init__(self, lock: ChangeLock, most: int = MOST_KEPT) -> None:
        self._changes = lock
        self._most = most
        self._results: dict[Hashable, Prepared] = {}
        self._size = 0
        self._version = 0

    def get(self, key: Hashable, make: Callable[[], tuple[str, bool]]) -> str:
        """The result for that key; `make` gives the text, and whether it stays true until something changes."""
        version = self._changes.version
        if version != self._version:
            self._results, self._size, self._version = {}, 0, version
        elif (known := self._results.get(key)) is not None:
            return known
        text, lasting = make()
        if not lasting or self._size >= self._most:
            return text
        prepared = Prepared(text)
        results = self._results
        # Nothing is kept of what was made across a change, nor put where it was made for another version.
        if self._changes.version == version == self._version:
            results[key] = prepared
            self._size += len(prepared) + len(prepared.rest)
        return prepared
