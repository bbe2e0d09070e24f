"""Appending to the audit log, in the transaction of what is appended: elements, erasable texts, the new head."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from exconn.audit.entry import EntryKind, canonical, hide, may_be_erased
from exconn.audit.merkle import Frontier, leaf_hash
from exconn.monitor.instant import to_ms
from exconn.monitor.tables import audit_head, audit_leaves, audit_texts
from exconn.monitor.upsert import Rows, upsert

#: The one row of the head.
HEAD = 1
#: What a row of messages has besides what the log says of it.
NOT_SAID = frozenset({"position"})


@dataclass(frozen=True, kw_only=True)
class Other:
    """What is appended beside messages: the log itself keeps what it says."""

    kind: EntryKind
    says: Mapping[str, Any]
    sequence: int = 0
    record: str = ""


def said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the log says of a row of messages: all of it, with its moment in milliseconds."""
    return {name: value for name, value in row.items() if name not in NOT_SAID} | {"at": to_ms(row["at"])}


def append_messages(connection: Connection, rows: Rows, kind: EntryKind = EntryKind.MESSAGE) -> int:
    """Append the elements of `rows` of messages; the position of the first."""
    new, word = _New(head(connection)), kind.value
    for row in rows:
        new.add(word, row, [word, row["sequence"], row["record"]], at=to_ms(row["at"]))
    return new.store(connection)


def append_other(connection: Connection, other: Other) -> None:
    """Append one element that no message stands for."""
    new = _New(head(connection))
    new.add(other.kind, other.says, [other.kind.value, other.sequence, other.record, other.says])
    new.store(connection)


class _New:
    """What one call appends."""

    def __init__(self, frontier: Frontier) -> None:
        self._frontier = frontier
        self._first = frontier.size
        self._hashes: list[bytes] = []
        self._elements: list[list[Any]] = []
        self._texts: list[dict[str, Any]] = []

    def add(self, kind: str, says: Mapping[str, Any], element: list[Any], *, at: int | None = None) -> None:
        hidden, private = hide(says) if may_be_erased(says) else (says, {})
        self._hashes.append(leaf_hash(canonical(kind, hidden, at=at)))
        self._elements.append(element)
        for place, one in private.items():
            position = self._first + len(self._hashes) - 1
            self._texts.append({"position": position, "place": place, "digest": one.digest, "salt": one.salt})

    def store(self, connection: Connection) -> int:
        if not self._hashes:
            return self._first
        frontier, hashes = self._frontier, self._hashes
        frontier.extend(hashes)
        leaves = {"first": self._first, "count": len(hashes), "hashes": b"".join(hashes), "elements": self._elements}
        connection.execute(insert(audit_leaves), [leaves])
        if self._texts:
            connection.execute(insert(audit_texts), self._texts)
        peaks = [peak.hex() for peak in frontier.peaks]
        upsert(connection, audit_head, [{"id": HEAD, "size": frontier.size, "peaks": peaks}])
        return self._first


def head(connection: Connection) -> Frontier:
    """How long the log is, and its root. Raises ValueError where the stored head is none."""
    row = connection.execute(select(audit_head.c.size, audit_head.c.peaks)).first()
    return Frontier() if row is None else Frontier(row.size, [bytes.fromhex(peak) for peak in row.peaks])


def is_begun(connection: Connection) -> bool:
    """Whether there is a log: also an empty one has its head once the messages before it were adopted."""
    return connection.execute(select(audit_head.c.id)).first() is not None
