"""The numbers of status messages have no gaps and never go back; where they do, somebody must know."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from exconn.contracts.findings import FindingCode
from exconn.monitor.projector.findings import NumberFinding, raise_finding
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
            raise_finding(connection, _gap(stream, last, number))
        elif number <= last:
            raise_finding(connection, _repeat(stream, last, number))
        last = number
    connection.execute(update(positions).where(positions.c.stream == stream).values(sequence=last))


def history_missing(stream: str, ours: int, confirmed: int) -> NumberFinding:
    """What another database was told and this one was not."""
    return NumberFinding(
        code=FindingCode.HISTORY_MISSING,
        stream=stream,
        low=ours + 1,
        high=confirmed,
        text="{messages} {were} confirmed into another database and {are} not in this one",
        remedy="point EXCONN_MONITOR_DATABASE at the database used before, or accept that history starts here",
    )


def _gap(stream: str, last: int, number: int) -> NumberFinding:
    return NumberFinding(
        code=FindingCode.RECORDS_MISSING,
        stream=stream,
        low=last + 1,
        high=number - 1,
        text="status {messages} {are} missing from the stream",
        remedy="find out who changed the stream: `exconn messages list`",
    )


def _repeat(stream: str, last: int, number: int) -> NumberFinding:
    return NumberFinding(
        code=FindingCode.LEDGER_SET_BACK,
        stream=stream,
        low=number,
        high=last,
        text="the number {low} came after {high}: the ledger was set back",
        remedy="compare open actions with Exchange before resuming: `exconn brakes show`",
    )
