"""What a status message makes of a job's row: a pure function, folded over the messages in order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from exconn.monitor.instant import from_ms
from exconn.monitor.projector.clean import clean_data, clean_text
from exconn.stream import Number, StatusMessage

SETTLED = "settled"
#: Fields of a message's data that have columns of their own, or are the ledger's bookkeeping.
_NO_RESULTS = frozenset(
    {
        "attempt",
        "device",
        "due",
        "looks",
        "outcome",
        "parent",
        "purpose",
        "reason",
        "record",
        "record_signature",
        "request",
        "requester",
        "revision",
        "service",
        "valid_until",
        "wait",
    }
)
_MAX_RESULTS = 64
#: The clocks of the ledger and of a monitor may be so far apart.
CLOCKS_APART = timedelta(minutes=1)
#: For what exactly a release would be, which the next message may say otherwise.
_SUBJECT = "subject"


class JobRow(TypedDict):
    """A row of the table of jobs."""

    id: str
    connector: str
    kind: str
    service: str
    state: str
    phase: str
    outcome: str
    reason: str
    requester: str
    revision: int
    device: str | None
    parent: str | None
    epoch: int
    queued_at: datetime | None
    changed_at: datetime
    settled_at: datetime | None
    end_stored_at: datetime | None
    due: datetime | None
    valid_until: datetime | None
    first_sequence: int
    last_sequence: int
    phases: dict[str, str]
    data: dict[str, object]


def subject_of(message: StatusMessage) -> str:
    """The job that a message tells about; a sweep announces its start beside its own messages."""
    if message.number == Number.SWEEP_STARTED and not message.job:
        return _text(message.data, "sweep")
    return clean_text(message.job)


def fold_stored(row: JobRow | None, message: StatusMessage, stored_at: datetime) -> JobRow:
    """The row after `message`, which is stored at `stored_at`: nothing in it is from a time to come.

    Whoever writes a message dates it, so the row keeps beside that date when its end was stored.
    """
    is_dated_ahead = message.at > stored_at + CLOCKS_APART
    after = fold(row, replace(message, at=stored_at) if is_dated_ahead else message)
    if after["state"] != SETTLED:
        after["end_stored_at"] = None
    elif row is None or row["state"] != SETTLED:
        after["end_stored_at"] = stored_at
    return after


def fold(row: JobRow | None, message: StatusMessage) -> JobRow:
    """The row after `message`. A job whose first messages were never seen starts with what is known."""
    after = _changed(row.copy() if row else _blank(message), message)
    if message.number == Number.JOB_QUEUED:
        after = _queued(after, message)
    return after


def _blank(message: StatusMessage) -> JobRow:
    return JobRow(
        id=clean_text(message.job),
        connector=message.connector,
        kind=message.kind,
        service="",
        state="",
        phase="",
        outcome="",
        reason="",
        requester="",
        revision=0,
        device=None,
        parent=None,
        epoch=0,
        queued_at=None,
        changed_at=message.at,
        settled_at=None,
        end_stored_at=None,
        due=None,
        valid_until=None,
        first_sequence=message.sequence,
        last_sequence=message.sequence,
        phases={},
        data={},
    )


def _changed(row: JobRow, message: StatusMessage) -> JobRow:
    data = message.data
    row["kind"] = row["kind"] or message.kind
    row["last_sequence"] = message.sequence
    row["changed_at"] = message.at
    row["epoch"] = max(row["epoch"], message.epoch)
    row["data"] = _results(row["data"], data)
    if not message.state:
        return row
    # A job that comes to wait for something else than time (a switch, its parts, credit) names no moment.
    due = row["due"] if message.state == row["state"] else None
    row["state"] = message.state
    row["reason"] = _text(data, "reason")
    row["outcome"] = _text(data, "outcome") if message.state == SETTLED else ""
    row["settled_at"] = message.at if message.state == SETTLED else None
    row["due"] = None if message.state == SETTLED else _moment(data, "due") or due
    if message.phase and message.phase != row["phase"]:
        row["phase"] = message.phase
        row["phases"] = {**row["phases"], message.phase: row["phases"].get(message.phase, message.at.isoformat())}
    return row


def _queued(row: JobRow, message: StatusMessage) -> JobRow:
    data = message.data
    row["queued_at"] = message.at
    row["service"] = _text(data, "service")
    row["requester"] = _text(data, "requester")
    row["revision"] = _number(data, "revision")
    row["device"] = _text(data, "device") or None
    row["parent"] = _text(data, "parent") or None
    row["due"] = _moment(data, "due")
    row["valid_until"] = _moment(data, "valid_until")
    return row


def _results(known: Mapping[str, object], data: Mapping[str, object]) -> dict[str, object]:
    results = {name: clean_data(value) for name, value in data.items() if name not in _NO_RESULTS}
    before = {name: value for name, value in known.items() if name != _SUBJECT}
    return dict(list({**before, **results}.items())[:_MAX_RESULTS])


def _text(data: Mapping[str, object], name: str) -> str:
    found = data.get(name)
    return clean_text(found) if isinstance(found, str) else ""


def _number(data: Mapping[str, object], name: str) -> int:
    found = data.get(name)
    return int(found) if isinstance(found, int | float | str) and found != "" else 0


def _moment(data: Mapping[str, object], name: str) -> datetime | None:
    found = _number(data, name)
    return from_ms(found) if found else None
