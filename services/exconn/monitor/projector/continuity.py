"""Whether a stream is still the one that was read, and what may be confirmed and trimmed of it.

A server that took the place of another may lack records that are in the read model, and have others with the same
numbers, or with ids below the position. Ids are times of a server's clock, so nothing is concluded from them alone: a
stream goes on from a position if it still has the very record at which the position stands, which is never trimmed.
"""

from typing import TYPE_CHECKING, cast

from exconn.keyspace import Functions, keys
from exconn.monitor.projector.commit import START, Position
from exconn.monitor.projector.sequence import number_of_unreadable
from exconn.stream.confirmation import LIBRARY
from exconn.stream.digest import digest_of
from exconn.stream.reader import Record

if TYPE_CHECKING:
    import redis

#: What is said of the status stream, beside the stream itself.
_SAID = [keys.CONFIRMED, keys.CONFIRMED_SEQUENCE, keys.MARKED]


class Continuity:
    """Compares positions with the streams of a server."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._confirm = Functions(client, LIBRARY).bound("confirm")

    def confirm(self, stream: str, position: Position, sequence: int) -> bool:
        """Trim what is before the position, and say of the status stream that it is stored; False where the stream is
        not the one that was read.

        Only after the commit: others may forget what is confirmed, and trimmed records are gone.
        """
        if position.last_id == START:
            return True
        said = _SAID if stream == keys.STATUS else []
        return bool(self._confirm(keys=[stream, *said], args=[position.last_id, position.digest, sequence]))

    def is_apart(self, stream: str, position: Position, sequence: int) -> bool:
        """Whether this is another stream than the one that was read up to `position`, with the record `sequence`.

        A stream that begins behind the position is the same: another database has confirmed more than this one has.
        """
        if position.last_id == START:
            return False
        at = self._first(stream, position.last_id, position.last_id)
        if at is not None:
            return position.digest not in ("", digest_of(at[1]))
        first = self._first(stream, "-", "+")
        if first is None:
            return self.end_of(stream) < order(position.last_id)
        numbers = number_of_unreadable(first) if stream == keys.STATUS else []
        return order(first[0]) < order(position.last_id) or any(number <= sequence for number in numbers)

    def end_of(self, stream: str) -> tuple[int, int]:
        """The id of the last record ever added to a stream, as numbers; (0, 0) when there is no such stream."""
        # An XINFO of a stream that is not there is an error.
        if not self._client.exists(stream):
            return (0, 0)
        found = cast("dict[str, object]", self._client.xinfo_stream(stream))
        return order(str(found["last-generated-id"]))

    def _first(self, stream: str, least: str, most: str) -> Record | None:
        found = cast("list[Record]", self._client.xrange(stream, least, most, count=1))
        return found[0] if found else None


def order(record_id: str) -> tuple[int, int]:
    """A record's id as numbers that can be compared."""
    milliseconds, _, number = record_id.partition("-")
    return int(milliseconds), int(number or 0)
