"""Appending to the audit log, in the transaction of what is appended: elements, erasable texts, the new head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from exconn.audit.canonical import said
from exconn.audit.element import EntryKind, canonical, hide
from exconn.audit.merkle import Frontier, leaf_hash
from exconn.monitor.instant import to_ms
from exconn.monitor.tables import audit_head, audit_leaves, audit_texts

#: The one row of the head.
HEAD = 1


@dataclass(frozen=True, kw_only=True)
class Other:
    """What is appended beside messages: the log itself keeps what it says."""

    kind: EntryKind
    says: Mapping[str, Any]
    sequence: int = 0
    record: str = ""


def append_messages(
    connection: Connection, rows: Sequence[dict[str, Any]], kind: EntryKind = EntryKind.MESSAGE
) -> None:
    """Append the elements of `rows` of messages. Each gets its position, and its moment in milliseconds."""
    new, word = _New(head(connection)), kind.value
    hashes, elements = new.hashes, new.elements
    for position, row in enumerate(rows, new.first):
        row["position"], row["at"], data = position, to_ms(row["at"]), row["data"]
        elements.append((word, row["sequence"], row["record"]))
        if "because" in data or "request" in data:
            hashes.append(new.hidden(word, row))
        else:
            hashes.append(sha256(f"\0{word}\0{said(row)}".encode()).digest())
    new.store(connection)


def append_other(connection: Connection, other: Other) -> None:
    """Append one element that no message stands for."""
    new = _New(head(connection))
    new.elements.append((other.kind.value, other.sequence, other.record, other.says))
    new.hashes.append(leaf_hash(canonical(other.kind, other.says)))
    new.store(connection)


class _New:
    """What one call appends."""

    def __init__(self, frontier: Frontier) -> None:
        self._frontier = frontier
        self.first = frontier.size
        self.hashes: list[bytes] = []
        self.elements: list[Sequence[Any]] = []
        self._texts: list[dict[str, Any]] = []

    def hidden(self, kind: str, row: Mapping[str, Any]) -> bytes:
        """The hash of the next element without its erasable texts, which are kept beside it."""
        hidden, private = hide(row)
        position = self.first + len(self.hashes)
        for place, one in private.items():
            self._texts.append({"position": position, "place": place, "digest": one.digest, "salt": one.salt})
        return leaf_hash(canonical(kind, hidden))

    def store(self, connection: Connection) -> None:
        if not self.hashes:
            return
        self._frontier.extend(self.hashes)
        hashes = b"".join(self.hashes)
        leaves = {"first": self.first, "count": len(self.hashes), "hashes": hashes, "elements": self.elements}
        connection.execute(_INSERT_LEAVES, leaves)
        if self._texts:
            connection.execute(insert(audit_texts), self._texts)
        new = {"to_size": self._frontier.size, "to_peaks": [peak.hex() for peak in self._frontier.peaks]}
        if connection.execute(_MOVE_HEAD, new).rowcount == 0:
            connection.execute(insert(audit_head), [{"id": HEAD, "size": new["to_size"], "peaks": new["to_peaks"]}])


def head(connection: Connection) -> Frontier:
    """How long the log is, and its root. Raises ValueError where the stored head is none."""
    row = connection.execute(_HEAD).first()
    return Frontier() if row is None else Frontier(row.size, [bytes.fromhex(peak) for peak in row.peaks])


# Made once: the projector uses them in each of its transactions.
_HEAD = select(audit_head.c.size, audit_head.c.peaks)
_INSERT_LEAVES = insert(audit_leaves)
_MOVE_HEAD = update(audit_head).values(size=bindparam("to_size"), peaks=bindparam("to_peaks"))


def is_begun(connection: Connection) -> bool:
    """Whether there is a log: also an empty one has its head once the messages before it were adopted."""
    return connection.execute(select(audit_head.c.id)).first() is not None
