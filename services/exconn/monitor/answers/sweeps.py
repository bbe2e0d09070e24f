"""Sweeps as they are shown: their progress, what they found, and what they could not read."""

from sqlalchemy import Connection

from exconn.contracts import GapPlace, reason_text
from exconn.contracts.work import Kind
from exconn.monitor.answers.errors import NotKnownError
from exconn.monitor.answers.filters import check_connector
from exconn.monitor.answers.models import SweepsView, SweepView
from exconn.monitor.answers.readings import MissingView, ReadingView
from exconn.monitor.answers.source import Source
from exconn.monitor.queries import jobs as queries
from exconn.monitor.queries.page import Row
from exconn.monitor.queries.sweeps import Reading, names_of, reading_of

REMEDY = "see `exconn sweeps list`"


def sweeps(source: Source, *, connector: str, limit: int) -> SweepsView:
    """The newest sweeps with their progress. Raises NotKnownError."""
    check_connector(source, connector)
    with source.connect() as connection:
        rows = queries.list_sweeps(connection, connector=connector, limit=limit)
        shown = [_sweep(row, queries.children_by_state(connection, row["id"])) for row in rows]
    return SweepsView(sweeps=shown)


def reading(source: Source, job: str) -> ReadingView:
    """What a sweep could not read. Raises NotKnownError."""
    with source.connect() as connection:
        row = queries.find_job(connection, job)
        if row is None or row["kind"] != Kind.SWEEP:
            raise NotKnownError("sweep", job, remedy=REMEDY)
        found = reading_of(connection, row["connector"], job)
        missing = _missing(connection, found) if found else []
    if found is None:
        return ReadingView(job=job, connector=row["connector"])
    unread_parts = _whole(row["data"].get("unread_parts")) or 0
    return ReadingView(
        job=job,
        connector=row["connector"],
        complete=found.complete,
        unread_parts=unread_parts,
        **found.gaps.counts,
        kinds=dict(found.gaps.kinds),
        missing=missing,
    )


def _missing(connection: Connection, found: Reading) -> list[MissingView]:
    mailboxes = [gap.name for gap in found.gaps.named if gap.place is GapPlace.UNREAD_MAILBOX]
    names = names_of(connection, found.connector, mailboxes)
    return [MissingView(place=gap.place, name=names.get(gap.name, gap.name), kind=gap.kind) for gap in found.gaps.named]


def _sweep(row: Row, partitions: dict[str, int]) -> SweepView:
    told = row["data"]
    return SweepView(
        job=row["id"],
        connector=row["connector"],
        number=row["number"] if row["number"] is not None else _whole(told.get("number")),
        mode=str(told.get("mode", "full")),
        state=row["state"],
        outcome=row["outcome"],
        reason=row["reason"],
        reason_text=reason_text(row["reason"], told) if row["reason"] else "",
        queued_at=row["queued_at"],
        started_at=row["started_at"] or row["queued_at"],
        finished_at=row["finished_at"],
        devices=row["devices_found"] if row["devices_found"] is not None else _whole(told.get("devices")),
        owners=row["owners_found"],
        partitions=partitions,
        complete=row["complete"],
    )


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
