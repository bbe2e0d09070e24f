"""Status messages become rows: the message, its count, and the job that it is about."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from exconn.keyspace import keys
from exconn.monitor.audit.append import append_messages
from exconn.monitor.projector.action_records import problem_of, report
from exconn.monitor.projector.findings import WasAsked, acknowledge
from exconn.monitor.projector.job_rows import JobRow, fold_stored, subject_of
from exconn.monitor.projector.newer import alarm_newer
from exconn.monitor.projector.put_aside import put_aside
from exconn.monitor.projector.same_message import highest_sequence, message_row, not_stored
from exconn.monitor.projector.sequence import check_sequence, number_of_unreadable
from exconn.monitor.projector.start_again import take_back_alarm
from exconn.monitor.tables import jobs, message_counts, messages
from exconn.monitor.upsert import add_counts, upsert
from exconn.stream import Number, StatusMessage, parse_message
from exconn.stream.message import NewerMessageError, UnreadableMessageError
from exconn.stream.reader import Record


@dataclass(frozen=True)
class MessageChecks:
    """By what is checked what any service may write.

    With the public key of device actions, what they did not sign of an action does not change how it is shown.
    """

    was_asked: WasAsked
    actions_key: Ed25519PublicKey | None = None
    #: By which clock something is of a time to come.
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def store_status(connection: Connection, stream: str, records: Sequence[Record], *, checks: MessageChecks) -> None:
    """Write `records` of the status stream; unreadable ones are put aside."""
    readable: list[StatusMessage] = []
    numbers: list[int] = []
    for record in records:
        try:
            message = parse_message(*record)
        except UnreadableMessageError as exc:
            put_aside(connection, stream, record, str(exc))
            if isinstance(exc, NewerMessageError):
                alarm_newer(connection, stream, kept="they are put aside")
            numbers += number_of_unreadable(record)
        else:
            readable.append(message)
            if message.number == Number.PROBLEM_ACKNOWLEDGED:
                # A person has looked at what came before it: neither at what comes behind it nor at a gap right at it.
                check_sequence(connection, stream, numbers)
                numbers = []
                acknowledge(connection, message, checks.was_asked)
            numbers.append(message.sequence)
    check_sequence(connection, stream, numbers)
    highest = highest_sequence(connection)
    take_back_alarm(connection, readable, highest=highest)
    readable = not_stored(connection, readable, highest=highest)
    _store_messages(connection, readable)
    report(connection, stream, _store_jobs(connection, readable, checks))


def store_late(connection: Connection, message: StatusMessage, *, checks: MessageChecks) -> None:
    """Write a message that was put aside meanwhile: it does not set its job's row back to what was before."""
    new = not_stored(connection, [message], highest=message.sequence)
    if new and message.number == Number.PROBLEM_ACKNOWLEDGED:
        acknowledge(connection, message, checks.was_asked)
    _store_messages(connection, new)
    told = select(jobs.c.last_sequence).where(jobs.c.id == subject_of(message))
    if (connection.execute(told).scalar() or 0) < message.sequence:
        report(connection, keys.STATUS, _store_jobs(connection, [message], checks))


def _store_messages(connection: Connection, found: Sequence[StatusMessage]) -> None:
    rows = [message_row(message) for message in found]
    append_messages(connection, rows)
    upsert(connection, messages, rows)
    _count(connection, found)


def _store_jobs(
    connection: Connection, found: Sequence[StatusMessage], checks: MessageChecks
) -> list[tuple[StatusMessage, str]]:
    """Fold the messages into the rows of their jobs; those that are not as they should be, and why."""
    now = checks.now()
    about = [(subject_of(message), message) for message in found]
    known = connection.execute(select(jobs).where(jobs.c.id.in_({job for job, _ in about if job}))).mappings()
    rows = {row["id"]: cast("JobRow", dict(row)) for row in known}
    unsigned: list[tuple[StatusMessage, str]] = []
    for job, message in about:
        problem = problem_of(message, rows.get(job), checks.actions_key)
        if problem:
            unsigned.append((message, problem))
        elif job in rows or message.job:
            rows[job] = fold_stored(rows.get(job), message, now)
    upsert(connection, jobs, list(rows.values()))
    return unsigned


def _count(connection: Connection, found: Sequence[StatusMessage]) -> None:
    counted = Counter((message.connector, message.number, message.severity.value) for message in found)
    rows = [
        {"connector": connector, "number": number, "severity": severity, "count": count}
        for (connector, number, severity), count in counted.items()
    ]
    add_counts(connection, message_counts, rows, column="count")
