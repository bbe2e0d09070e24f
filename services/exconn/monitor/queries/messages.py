"""Status messages in the order of their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from exconn.monitor.queries.page import DEFAULT_LIMIT, MAX_LIMIT, Counts, Row
from exconn.monitor.tables import message_counts, messages


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """Which messages a list shows; `severity` is I, W or E."""

    connector: str = ""
    job: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Place:
    """Where a page of messages ends: behind all of a number, or behind one `record` of it, where more are left."""

    sequence: int
    record: str = ""


@dataclass(frozen=True)
class MessagePage:
    """Messages in the order in which they were asked for; `end` is where to go on, None where nothing was found."""

    rows: list[Row]
    end: Place | None


def newest_messages(
    connection: Connection, wanted: MessageFilter, *, limit: int = DEFAULT_LIMIT, before: Place | None = None
) -> MessagePage:
    """The newest messages, newest first; or those before a place."""
    sequence, record = messages.c.sequence, messages.c.record
    conditions = _conditions(wanted)
    if before is not None:
        conditions += _beyond(before, sequence < before.sequence, record < before.record)
    rows = _rows(connection, conditions, (sequence.desc(), record.desc()), limit)
    rest = record < rows[-1]["record"] if len(rows) == limit else None
    return _whole(connection, wanted, rows, rest, record.desc())


def messages_after(
    connection: Connection, wanted: MessageFilter, after: Place, *, limit: int = DEFAULT_LIMIT
) -> MessagePage:
    """The messages behind a place, in order."""
    sequence, record = messages.c.sequence, messages.c.record
    conditions = _conditions(wanted) + _beyond(after, sequence > after.sequence, record > after.record)
    rows = _rows(connection, conditions, (sequence.asc(), record.asc()), limit)
    rest = record > rows[-1]["record"] if len(rows) == limit else None
    return _whole(connection, wanted, rows, rest, record.asc())


def _beyond(place: Place, other: ColumnElement[bool], same: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """What is beyond a place: `other` numbers, and of its own number what `same` says."""
    if not place.record:
        return [other]
    return [or_(other, and_(messages.c.sequence == place.sequence, same))]


def _whole(
    connection: Connection,
    wanted: MessageFilter,
    rows: list[Row],
    rest: ColumnElement[bool] | None,
    order: ColumnElement[Any],
) -> MessagePage:
    """A page with the rest of its last number, which a ledger that was set back has told more than once.

    So who goes on by numbers alone loses none, but of a number that is there more often than a page is long.
    """
    if not rows:
        return MessagePage(rows, None)
    sequence = rows[-1]["sequence"]
    found: list[Row] = []
    if rest is not None:
        conditions = [*_conditions(wanted), messages.c.sequence == sequence, rest]
        found = _rows(connection, conditions, (order,), MAX_LIMIT + 1)
    rows = rows + found[:MAX_LIMIT]
    return MessagePage(rows, Place(sequence, rows[-1]["record"] if len(found) > MAX_LIMIT else ""))


def counts_by_severity(connection: Connection) -> Counts:
    """How many messages there ever were: (connector, severity) -> count."""
    chosen = select(message_counts.c.connector, message_counts.c.severity, func.sum(message_counts.c.count))
    rows = connection.execute(chosen.group_by(message_counts.c.connector, message_counts.c.severity))
    return {(connector, severity): int(count) for connector, severity, count in rows}


def _rows(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[Any]], limit: int
) -> list[Row]:
    chosen = select(messages).where(*conditions).order_by(*order).limit(limit)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    named = {
        messages.c.connector: wanted.connector,
        messages.c.job: wanted.job,
        messages.c.severity: wanted.severity,
    }
    return [column == value for column, value in named.items() if value]
