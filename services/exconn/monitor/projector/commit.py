"""One transaction: records of a stream and the position behind them, both or neither.

The position is compared before it is set, so of two projectors only one can commit, whatever they believe.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from exconn.logs import get_logger
from exconn.monitor.errors import ProjectorLeaseLostError
from exconn.monitor.projector.put_aside import put_all_aside
from exconn.monitor.projector.sequence import check_sequence, number_of_unreadable
from exconn.monitor.tables import positions
from exconn.monitor.upsert import insert_missing
from exconn.stream.digest import digest_of
from exconn.stream.reader import Record

logger = get_logger(__name__)

START = "0-0"
StoreRecords = Callable[[Connection, str, Sequence[Record]], None]
#: What a record can do to us; everything else is trouble with the database and tried again.
BAD_RECORD = (
    *(ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError),
    *(DataError, IntegrityError),
)


@dataclass(frozen=True)
class Position:
    """The last record of a stream that is in the read model: its id, and its digest where that is known."""

    last_id: str = START
    digest: str = ""

    @classmethod
    def behind(cls, record: Record) -> "Position":
        """The position of a projector that is done with `record`."""
        return cls(record[0], digest_of(record[1]))


def stored_positions(engine: Engine) -> dict[str, Position]:
    """How far each stream is in the read model."""
    with engine.connect() as connection:
        rows = connection.execute(select(positions.c.stream, positions.c.last_id, positions.c.digest))
        return {row.stream: Position(row.last_id, row.digest) for row in rows}


def open_position(engine: Engine, stream: str) -> None:
    """Make sure that a stream has a position to compare."""
    with engine.begin() as connection:
        insert_missing(connection, positions, [{"stream": stream, "last_id": START, "sequence": 0}])


def commit_records(
    engine: Engine, stream: str, records: Sequence[Record], store: StoreRecords, *, expected: Position
) -> Position:
    """Write `records` and move the position from `expected` behind them; returns the new position.

    A record that cannot be stored is put aside. Raises LeaseLostError when the position is not `expected`.
    """
    try:
        return _commit(engine, stream, records, store, expected=expected)
    except BAD_RECORD as exc:
        if not _is_about_a_record(exc):
            raise
    for record in records:
        expected = _commit_alone(engine, stream, record, store, expected=expected)
    return expected


def _commit_alone(engine: Engine, stream: str, record: Record, store: StoreRecords, *, expected: Position) -> Position:
    try:
        return _commit(engine, stream, [record], store, expected=expected)
    except BAD_RECORD as exc:
        if not _is_about_a_record(exc):
            raise
        # The text of the error may repeat the record; its type is enough to find the cause.
        reason = f"cannot be stored ({type(exc).__name__})"
        logger.warning("record put aside", stream=stream, record=record[0], reason=reason)
        return _commit(engine, stream, [record], partial(_put_aside, reason), expected=expected)


def _put_aside(reason: str, connection: Connection, stream: str, records: Sequence[Record]) -> None:
    put_all_aside(connection, stream, records, reason)
    check_sequence(connection, stream, [number for record in records for number in number_of_unreadable(record)])


def _commit(
    engine: Engine, stream: str, records: Sequence[Record], store: StoreRecords, *, expected: Position
) -> Position:
    after = Position.behind(records[-1])
    with engine.begin() as connection:
        # First, so that SQLite takes its write lock at once and nobody writes in between.
        move(connection, stream, expected, after)
        store(connection, stream, records)
    return after


def move(connection: Connection, stream: str, expected: Position, after: Position) -> None:
    """Set the position from `expected` to `after`. Raises ProjectorLeaseLostError when another has moved it."""
    moved = connection.execute(
        update(positions)
        .where(positions.c.stream == stream, positions.c.last_id == expected.last_id)
        .values(last_id=after.last_id, digest=after.digest, updated_at=datetime.now(UTC))
    )
    if moved.rowcount != 1:
        raise ProjectorLeaseLostError(stream, expected.last_id)


def _is_about_a_record(exc: BaseException) -> bool:
    return not isinstance(exc, StatementError) or isinstance(exc, DataError | IntegrityError)
