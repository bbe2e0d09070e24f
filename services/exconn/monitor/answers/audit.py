"""The audit log as it is given away: its end, its checkpoints, its elements in pages."""

import json
from dataclasses import asdict

from pydantic import BaseModel
from sqlalchemy import Connection, select

from exconn.audit import Checkpoint, Entry
from exconn.monitor.answers.errors import LEDGER_REMEDY, AwayError, NotKnownError
from exconn.monitor.answers.source import Source
from exconn.monitor.audit import read
from exconn.monitor.audit.append import head
from exconn.monitor.audit.result import Verification, newest_verification
from exconn.monitor.instant import to_ms
from exconn.monitor.tables import messages


class CheckpointView(BaseModel):
    """A checkpoint; `at` in milliseconds since 1970, without key and signature where it is not signed."""

    size: int
    root: str
    at: int
    key: str
    signature: str


class VerificationView(BaseModel):
    """The newest verification: `result` is clean, broken or unfinished; moments in milliseconds since 1970.

    `due` is when the next one begins, `clean_at` when one was clean last.
    """

    started_at: int
    result: str
    records: int
    findings: int
    said: str
    clean_at: int | None
    due: int


class AuditHeadView(BaseModel):
    """How long the log is, the root over it, its newest checkpoint, and its newest verification."""

    size: int
    root: str
    checkpoint: CheckpointView | None
    verified: VerificationView | None


class CheckpointsView(BaseModel):
    """Checkpoints in order; `next` is the size to go on from, None at the end."""

    checkpoints: list[CheckpointView]
    next: int | None


class PrivateView(BaseModel):
    """A text that may be erased; without salt it was."""

    digest: str
    salt: str


class EntryView(BaseModel):
    """An element; `row` is null where what it stands for is gone."""

    position: int
    kind: str
    sequence: int
    record: str
    hash: str
    row: dict[str, object] | None
    private: dict[str, PrivateView]


class ForgedView(BaseModel):
    """A message that is not in the log."""

    sequence: int
    record: str


class EntriesView(BaseModel):
    """Elements in order."""

    entries: list[EntryView]


class ElementsView(BaseModel):
    """Elements in order, and messages that are not in the log; `next` is the position to go on from, None: done.

    An element is its position, kind, number, record, hash, what is said, and its erasable texts: by their place the
    digest and the salt. What a message says is the text that is hashed behind its kind and a NUL; null: it is gone.
    """

    elements: list[tuple[int, str, int, str, str, str | dict[str, object] | None, dict[str, tuple[str, str]] | None]]
    forged: list[ForgedView]
    next: int | None


class RefusedRequestView(BaseModel):
    """A request without a good signature; `at` in milliseconds since 1970, `key` as it says of itself."""

    at: int
    fault: str
    key: str
    source: str
    digest: str
    size: int


class RefusedRequestsView(BaseModel):
    """The newest ones first, and how many requests were refused ever, by fault."""

    refused: list[RefusedRequestView]
    counts: dict[str, int]


def audit_head(source: Source) -> AuditHeadView:
    """The end of the log."""
    with source.connect() as connection:
        end, newest = head(connection), read.newest_checkpoint(connection)
        done = newest_verification(connection)
    sealed = None if newest is None else _checkpoint(newest)
    verified = None if done is None else _verification(done)
    return AuditHeadView(size=end.size, root=end.root().hex(), checkpoint=sealed, verified=verified)


def audit_checkpoints(source: Source, *, after: int, limit: int) -> CheckpointsView:
    """Checkpoints behind the one at a size."""
    with source.connect() as connection:
        found = read.checkpoints(connection, after=after, limit=limit)
    return CheckpointsView(
        checkpoints=[_checkpoint(one) for one in found], next=found[-1].size if len(found) == limit else None
    )


def audit_elements(source: Source, *, first: int, limit: int) -> bytes:
    """Elements from a position on, as JSON; with the last ones come all messages that are in no place of the log."""
    with read.of_one_state(source.engine).begin() as connection:
        size = head(connection).size
        found = read.elements_from(connection, first, before=min(size, first + limit), page=limit)
        forged = found.doubles
        following = found.elements[-1][0] + 1 if found.elements and found.elements[-1][0] + 1 < size else None
        if following is None:
            forged += read.strays(connection)
    told = [{"sequence": sequence, "record": record} for sequence, record in forged]
    return json.dumps({"elements": found.elements, "forged": told, "next": following}).encode()


def audit_message(source: Source, sequence: int) -> EntriesView:
    """The elements of the messages with a number. Raises NotKnownError."""
    with source.connect() as connection:
        found = [
            Entry.of(element)
            for place in _places(connection, sequence)
            for element in read.elements_from(connection, place, before=place + 1, page=1).elements
        ]
    if not found:
        raise NotKnownError("message", str(sequence), remedy="exconn audit verify")
    return EntriesView(entries=[_entry(one) for one in found])


def refused_requests(source: Source, limit: int) -> RefusedRequestsView:
    """Requests without a good signature. Raises AwayError."""
    found = source.live.newest_refused(limit)
    if found is None:
        raise AwayError("ledger", remedy=LEDGER_REMEDY)
    return RefusedRequestsView(
        refused=[RefusedRequestView.model_validate(one) for one in found], counts=dict(source.live.refused_counts())
    )


def _places(connection: Connection, sequence: int) -> list[int]:
    chosen = select(messages.c.position).where(messages.c.sequence == sequence, messages.c.position.is_not(None))
    return sorted(connection.execute(chosen).scalars())


def _checkpoint(checkpoint: Checkpoint) -> CheckpointView:
    return CheckpointView(**asdict(checkpoint))


def _verification(done: Verification) -> VerificationView:
    return VerificationView(
        started_at=to_ms(done.started_at),
        result=done.result,
        records=done.records,
        findings=done.findings,
        said=done.said,
        clean_at=to_ms(done.clean_at) if done.clean_at else None,
        due=to_ms(done.due_at),
    )


def _entry(entry: Entry) -> EntryView:
    return EntryView.model_validate(asdict(entry))
