"""The audit log as it is given away: its end, its checkpoints, its elements in pages."""

from dataclasses import asdict

from pydantic import BaseModel
from sqlalchemy import Connection, select

from exconn.audit import Checkpoint, Entry
from exconn.monitor.answers.errors import LEDGER_REMEDY, AwayError, NotKnownError
from exconn.monitor.answers.source import Source
from exconn.monitor.audit import read
from exconn.monitor.audit.log import head
from exconn.monitor.tables import messages


class CheckpointView(BaseModel):
    """A checkpoint; `at` in milliseconds since 1970, without key and signature where it is not signed."""

    size: int
    root: str
    at: int
    key: str
    signature: str


class AuditHeadView(BaseModel):
    """How long the log is, the root over it, and its newest checkpoint."""

    size: int
    root: str
    checkpoint: CheckpointView | None


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
    """Elements in order, and messages that are not in the log; `next` is the position to go on from, None: done."""

    entries: list[EntryView]
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
    sealed = None if newest is None else _checkpoint(newest)
    return AuditHeadView(size=end.size, root=end.root().hex(), checkpoint=sealed)


def audit_checkpoints(source: Source, *, after: int, limit: int) -> CheckpointsView:
    """Checkpoints behind the one at a size."""
    with source.connect() as connection:
        found = read.checkpoints(connection, after=after, limit=limit)
    return CheckpointsView(
        checkpoints=[_checkpoint(one) for one in found], next=found[-1].size if len(found) == limit else None
    )


def audit_entries(source: Source, *, first: int, limit: int) -> EntriesView:
    """Elements from a position on; with the last ones come all messages that are in no place of the log."""
    with read.of_one_state(source.engine).begin() as connection:
        found = read.entries_from(connection, first, page=limit)[:limit]
        forged = read.doubles(connection, found)
        following = found[-1].position + 1 if found and found[-1].position + 1 < head(connection).size else None
        if following is None:
            forged += read.strays(connection)
    return EntriesView(entries=[_entry(one) for one in found], forged=[_forged(*one) for one in forged], next=following)


def audit_message(source: Source, sequence: int) -> EntriesView:
    """The elements of the messages with a number. Raises NotKnownError."""
    with source.connect() as connection:
        found = [
            entry
            for place in _places(connection, sequence)
            for entry in read.entries_from(connection, place, page=1)[:1]
        ]
    if not found:
        raise NotKnownError("message", str(sequence), remedy="exconn audit verify")
    return EntriesView(entries=[_entry(one) for one in found], forged=[], next=None)


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


def _entry(entry: Entry) -> EntryView:
    return EntryView.model_validate(asdict(entry))


def _forged(sequence: int, record: str) -> ForgedView:
    return ForgedView(sequence=sequence, record=record)
