"""Status messages in the order of their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from exconn.monitor.queries.page import DEFAULT_LIMIT, MAX_LIMIT, Counts, Row
from exconn.monitor.tables import message_counts, messages


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """Which messages a list shows; `severity` is I, W or E."""

    connector: str = ""
    job: str = ""
    severity: str = ""


def newest_messages(
    connection: Connection, wanted: MessageFilter, *, limit: int = DEFAULT_LIMIT, before: int | None = None
) -> list[Row]:
    """The newest messages, newest first; or those below a sequence number. All of one number are on one page."""
    conditions = _conditions(wanted)
    if before is not None:
        conditions.append(messages.c.sequence < before)
    rows = _rows(connection, conditions, (messages.c.sequence.desc(), messages.c.record.desc()), limit)
    if len(rows) == limit:
        rows += _of_the_same_number(connection, wanted, messages.c.record < rows[-1]["record"], rows[-1])[::-1]
    return rows


def messages_after(
    connection: Connection, wanted: MessageFilter, sequence: int, *, limit: int = DEFAULT_LIMIT
) -> list[Row]:
    """The messages behind a sequence number, in order. All of one number are on one page."""
    conditions = [*_conditions(wanted), messages.c.sequence > sequence]
    rows = _rows(connection, conditions, (messages.c.sequence.asc(), messages.c.record.asc()), limit)
    if len(rows) == limit:
        rows += _of_the_same_number(connection, wanted, messages.c.record > rows[-1]["record"], rows[-1])
    return rows


def _of_the_same_number(
    connection: Connection, wanted: MessageFilter, further: ColumnElement[bool], last: Row
) -> list[Row]:
    """What a ledger that was set back has told under the number of `last`, too: a page that ended between them would
    lose or repeat some.
    """
    conditions = [*_conditions(wanted), messages.c.sequence == last["sequence"], further]
    return _rows(connection, conditions, (messages.c.record.asc(),), MAX_LIMIT)


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
