"""The numbers of status messages have no gaps and never go back; where they do, somebody must know."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from exconn.monitor.projector.alarms import raise_alarm
from exconn.monitor.tables import positions
from exconn.stream.reader import Record

#: A longer one is no 64-bit number.
_LONGEST_NUMBER = 19


def number_of_unreadable(record: Record) -> list[int]:
    """The number of a record that was put aside, if that much can be read: it is not missing."""
    number = record[1].get("seq", "")
    return [int(number)] if number.isdecimal() and len(number) < _LONGEST_NUMBER else []


def stored_sequence(connection: Connection, stream: str) -> int:
    """The number of the newest message in the read model; 0 before the first."""
    return int(connection.execute(select(positions.c.sequence).where(positions.c.stream == stream)).scalar() or 0)


def check_sequence(connection: Connection, stream: str, numbers: Sequence[int]) -> None:
    """Compare `numbers` with the last one seen, raise alarms, and remember the newest."""
    if not numbers:
        return
    last = stored_sequence(connection, stream)
    for number in numbers:
        if last and number > last + 1:
            _alarm_gap(connection, stream, last, number)
        elif number <= last:
            _alarm_repeat(connection, stream, last, number)
        last = number
    connection.execute(update(positions).where(positions.c.stream == stream).values(sequence=last))


def _alarm_gap(connection: Connection, stream: str, last: int, number: int) -> None:
    text = f"status messages {last + 1} to {number - 1} are missing from the stream"
    remedy = "find out who changed the stream: `exconn messages list`"
    raise_alarm(connection, "audit-gap", stream, at=datetime.now(UTC), text=text, remedy=remedy)


def _alarm_repeat(connection: Connection, stream: str, last: int, number: int) -> None:
    text = f"the number {number} came after {last}: the ledger was set back"
    remedy = "compare open actions with Exchange before resuming: `exconn brakes show`"
    raise_alarm(connection, "sequence-repeats", stream, at=datetime.now(UTC), text=text, remedy=remedy)
