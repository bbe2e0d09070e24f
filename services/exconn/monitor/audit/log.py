"""Appending to the audit log, in the transaction of what is appended: elements, erasable texts, the new head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from exconn.audit.entry import Kind, canonical, hide
from exconn.audit.merkle import Frontier, leaf_hash
from exconn.monitor.instant import to_ms
from exconn.monitor.tables import audit_head, audit_leaves, audit_texts
from exconn.monitor.upsert import upsert

_HEAD = 1
#: What a row of messages has besides what the log says of it.
NOT_SAID = frozenset({"position"})


@dataclass(frozen=True, kw_only=True)
class Element:
    """What is to be appended. A message's row is in its own table; of any other kind the log keeps what it says."""

    kind: Kind
    row: Mapping[str, Any]
    sequence: int = 0
    record: str = ""


def message_element(row: Mapping[str, Any], kind: Kind = Kind.MESSAGE) -> Element:
    """The element of a row of messages."""
    return Element(kind=kind, row=said(row), sequence=row["sequence"], record=row["record"])


def said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the log says of a row of messages: all of it, with its moment in milliseconds."""
    return {name: value for name, value in row.items() if name not in NOT_SAID} | {"at": to_ms(row["at"])}


def append(connection: Connection, elements: Sequence[Element]) -> int:
    """Append `elements`; the position of the first."""
    frontier = head(connection)
    first = frontier.size
    if not elements:
        return first
    hashes: list[bytes] = []
    told: list[list[Any]] = []
    texts: list[dict[str, Any]] = []
    for position, element in enumerate(elements, first):
        hidden, private = hide(element.row)
        hashes.append(leaf_hash(canonical(element.kind, hidden)))
        own = [] if element.kind in (Kind.MESSAGE, Kind.ADOPTED) else [element.row]
        told.append([element.kind.value, element.sequence, element.record, *own])
        for place, one in private.items():
            texts.append({"position": position, "place": place, "digest": one.digest, "salt": one.salt})
    frontier.extend(hashes)
    leaves = {"first": first, "count": len(elements), "hashes": b"".join(hashes), "elements": told}
    connection.execute(insert(audit_leaves), [leaves])
    if texts:
        connection.execute(insert(audit_texts), texts)
    peaks = [peak.hex() for peak in frontier.peaks]
    upsert(connection, audit_head, [{"id": _HEAD, "size": frontier.size, "peaks": peaks}])
    return first


def head(connection: Connection) -> Frontier:
    """How long the log is, and its root. Raises ValueError where the stored head is none."""
    row = connection.execute(select(audit_head.c.size, audit_head.c.peaks)).first()
    return Frontier() if row is None else Frontier(row.size, [bytes.fromhex(peak) for peak in row.peaks])


def is_begun(connection: Connection) -> bool:
    """Whether there is a log: also an empty one has its head once the messages before it were adopted."""
    return connection.execute(select(audit_head.c.id)).first() is not None
