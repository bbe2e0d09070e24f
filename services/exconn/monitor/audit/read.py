"""Reading the audit log back, in pages: each element with the row that it stands for, as that is now."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Engine, Text, bindparam, cast, or_, select, type_coerce

from exconn.audit.canonical import FIELDS
from exconn.audit.checkpoint import Checkpoint
from exconn.audit.element import Element
from exconn.audit.merkle import HASH_BYTES
from exconn.monitor.audit.append import head
from exconn.monitor.instant import to_ms
from exconn.monitor.tables import audit_checkpoints, audit_leaves, audit_texts, messages

#: Elements that are read at a time, about; and rows of leaves, each with one element or some hundred.
PAGE = 1000
_MOST_CHECKPOINTS = 200_000
_HEX = 2 * HASH_BYTES


class Page(NamedTuple):
    """Elements in their order; and messages that say to be at the place of one and are another: number and record."""

    elements: list[Element]
    doubles: list[tuple[int, str]]


def of_one_state(engine: Engine) -> Engine:
    """Its transactions see nothing of what is committed meanwhile, as SQLite's never do."""
    return (
        engine.execution_options(isolation_level="REPEATABLE READ") if engine.dialect.name == "postgresql" else engine
    )


def elements_from(connection: Connection, first: int, *, before: int, page: int = PAGE) -> Page:
    """About `page` elements from the one at position `first` on, and before the one at `before`."""
    leaves = _leaves(connection, first, before, page)
    if not leaves:
        return Page([], [])
    low, high = leaves[0][0], leaves[-1][0]
    rows, doubles = _rows(connection, low, high), []
    texts = _texts(connection, low, high)
    found: list[Element] = []
    for position, hash_, (kind, sequence, record, *own) in leaves:
        if own:
            told: str | Mapping[str, Any] | None = own[0]
        else:
            told = None
            for its_record, its_sequence, its_text in rows.pop(position, ()):
                if its_record == record and told is None:
                    told = its_text
                else:
                    doubles.append((its_sequence, its_record))
        found.append((position, kind, sequence, record, hash_, told, texts.get(position)))
    doubles += [(sequence, record) for others in rows.values() for record, sequence, _ in others]
    return Page(found, doubles)


def strays(connection: Connection, *, limit: int = PAGE) -> list[tuple[int, str]]:
    """Messages that are not in the log: number and record of each; some at most."""
    size = head(connection).size
    place = messages.c.position
    chosen = select(messages.c.sequence, messages.c.record).where(or_(place.is_(None), place < 0, place >= size))
    found = connection.execute(chosen.order_by(messages.c.sequence).limit(limit))
    return [(row.sequence, row.record) for row in found]


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


def _leaves(connection: Connection, first: int, before: int, page: int) -> list[tuple[int, str, list[Any]]]:
    # The row with `first` in it begins at or before it.
    begins = select(audit_leaves.c.first).where(audit_leaves.c.first <= first).order_by(audit_leaves.c.first.desc())
    begin = connection.execute(begins.limit(1)).scalar()
    chosen = select(audit_leaves.c.first, audit_leaves.c.hashes, audit_leaves.c.elements).where(
        audit_leaves.c.first >= (first if begin is None else begin), audit_leaves.c.first < before
    )
    found: list[tuple[int, str, list[Any]]] = []
    for start, hashes, elements in connection.execute(chosen.order_by(audit_leaves.c.first).limit(page)):
        hexes = hashes.hex()
        texts = (hexes[at : at + _HEX] for at in range(0, len(hexes), _HEX))
        places = range(start, start + len(elements))
        found += [one for one in zip(places, texts, elements, strict=False) if first <= one[0] < before]
        if len(found) >= page:
            break
    return found


def _rows(connection: Connection, low: int, high: int) -> dict[int, list[tuple[str, int, str]]]:
    """By its place: record, number and what is said of each message there; a sound log has one at each place."""
    found: dict[int, list[tuple[str, int, str]]] = {}
    for position, *told in connection.execute(_ROWS, {"low": low, "high": high}):
        found.setdefault(position, []).append((told[0], told[1], _SAID % tuple(told)))
    return found


def _texts(connection: Connection, low: int, high: int) -> Mapping[int, Mapping[str, tuple[str, str]]]:
    found: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in connection.execute(select(audit_texts).where(audit_texts.c.position.between(low, high))):
        found[row.position][row.place] = (row.digest, row.salt)
    return found


#: As they are stored: making moments and objects of them costs more than all hashes.
_AS_STORED = {"at": type_coerce(messages.c.at, BigInteger), "data": cast(messages.c.data, Text)}
_ROWS = select(messages.c.position, *(_AS_STORED.get(name, messages.c[name]) for name in FIELDS)).where(
    messages.c.position.between(bindparam("low"), bindparam("high"))
)
_SAID = "\0".join(["%s"] * len(FIELDS))
