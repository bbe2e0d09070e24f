"""Reading the audit log back, in pages: each element with the row that it stands for, as that is now."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, or_, select

from exconn.audit.checkpoint import Checkpoint
from exconn.audit.entry import Entry, EntryKind, Private
from exconn.audit.merkle import HASH_BYTES
from exconn.monitor.audit.log import head, said
from exconn.monitor.instant import to_ms
from exconn.monitor.queries.page import Row
from exconn.monitor.tables import audit_checkpoints, audit_leaves, audit_texts, messages

#: Elements that are read at a time, about; and rows of leaves, each with one element or some hundred.
PAGE = 1000
_MOST_CHECKPOINTS = 200_000
_OF_MESSAGES = (EntryKind.MESSAGE, EntryKind.ADOPTED)


def of_one_state(engine: Engine) -> Engine:
    """Its transactions see nothing of what is committed meanwhile, as SQLite's never do."""
    return (
        engine.execution_options(isolation_level="REPEATABLE READ") if engine.dialect.name == "postgresql" else engine
    )


def entries_from(connection: Connection, first: int, *, page: int = PAGE) -> list[Entry]:
    """About `page` elements from the one at position `first` on."""
    leaves = _leaves(connection, first, page)
    if not leaves:
        return []
    low, high = leaves[0][0], leaves[-1][0]
    rows = _rows(connection, low, high)
    texts = _texts(connection, low, high)
    found: list[Entry] = []
    for position, hash_, (kind, sequence, record, *own) in leaves:
        entry = Entry(
            position=position,
            kind=kind,
            sequence=sequence,
            record=record,
            hash=hash_.hex(),
            row=rows.get((position, record)) if kind in _OF_MESSAGES else own[0],
            private=texts.get(position, {}),
        )
        found.append(entry)
    return found


def strays(connection: Connection, *, limit: int = PAGE) -> list[tuple[int, str]]:
    """Messages that are not in the log: number and record of each; some at most."""
    size = head(connection).size
    place = messages.c.position
    chosen = select(messages.c.sequence, messages.c.record).where(or_(place.is_(None), place < 0, place >= size))
    found = connection.execute(chosen.order_by(messages.c.sequence).limit(limit))
    return [(row.sequence, row.record) for row in found]


def doubles(connection: Connection, found: list[Entry]) -> list[tuple[int, str]]:
    """Messages that say to be at the place of one of `found`, and are another: number and record of each."""
    if not found:
        return []
    place, named = messages.c.position, {(entry.position, entry.record) for entry in found}
    chosen = select(place, messages.c.sequence, messages.c.record)
    rows = connection.execute(chosen.where(place.between(found[0].position, found[-1].position)))
    return [(row.sequence, row.record) for row in rows if (row.position, row.record) not in named]


def checkpoints(connection: Connection, *, after: int = 0, limit: int = _MOST_CHECKPOINTS) -> list[Checkpoint]:
    """The checkpoints behind the one at a size, in order."""
    size = audit_checkpoints.c.size
    rows = connection.execute(select(audit_checkpoints).where(size > after).order_by(size).limit(limit))
    return [_checkpoint(row) for row in rows]


def newest_checkpoint(connection: Connection) -> Checkpoint | None:
    """The last one."""
    row = connection.execute(select(audit_checkpoints).order_by(audit_checkpoints.c.size.desc()).limit(1)).first()
    return None if row is None else _checkpoint(row)


def _checkpoint(row: Any) -> Checkpoint:
    return Checkpoint(size=row.size, root=row.root, at=to_ms(row.at), key=row.key, signature=row.signature)


def _leaves(connection: Connection, first: int, page: int) -> list[tuple[int, bytes, list[Any]]]:
    # The row with `first` in it begins at or before it.
    begins = select(audit_leaves.c.first).where(audit_leaves.c.first <= first).order_by(audit_leaves.c.first.desc())
    begin = connection.execute(begins.limit(1)).scalar()
    chosen = select(audit_leaves).where(audit_leaves.c.first >= (first if begin is None else begin))
    found: list[tuple[int, bytes, list[Any]]] = []
    for row in connection.execute(chosen.order_by(audit_leaves.c.first).limit(page)):
        for number, element in enumerate(row.elements):
            place = row.first + number
            if place >= first:
                found.append((place, row.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES], element))
        if len(found) >= page:
            break
    return found


def _rows(connection: Connection, low: int, high: int) -> Mapping[tuple[int, str], Row]:
    rows = connection.execute(select(messages).where(messages.c.position.between(low, high))).mappings()
    return {(row["position"], row["record"]): said(dict(row)) for row in rows}


def _texts(connection: Connection, low: int, high: int) -> Mapping[int, Mapping[str, Private]]:
    found: dict[int, dict[str, Private]] = defaultdict(dict)
    for row in connection.execute(select(audit_texts).where(audit_texts.c.position.between(low, high))):
        found[row.position][row.place] = Private(row.digest, row.salt)
    return found
