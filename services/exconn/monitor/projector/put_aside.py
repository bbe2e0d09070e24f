"""Records that cannot be read are put aside with the reason, and the stream goes on."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from exconn.audit.element import EntryKind
from exconn.keyspace import keys
from exconn.monitor.audit.append import Other, append_other
from exconn.monitor.projector.clean import clean_fields, clean_text
from exconn.monitor.projector.sequence import number_of_unreadable
from exconn.monitor.tables import poison
from exconn.monitor.upsert import upsert
from exconn.stream.digest import digest_of
from exconn.stream.reader import Record

#: How much of an unreadable record is kept.
KEPT_CHARACTERS = 4096
#: Between the id of a record and the number of a fact in its page, and a digest where another record has the id.
PART, OF_ITS_OWN = "#", "~"


def put_aside(connection: Connection, stream: str, record: Record, reason: str, *, part: int | None = None) -> None:
    """Keep an unreadable record, or one fact of a page, for a person."""
    record_id, fields = record
    shortened = _shortened(fields)
    row = {
        "stream": stream,
        "record": _place(record_id, part),
        "at": datetime.now(UTC),
        "reason": clean_text(reason),
        "fields": shortened,
    }
    its_row = (poison.c.stream == stream, poison.c.record == row["record"])
    stored = connection.execute(select(poison.c.fields).where(*its_row)).scalar()
    if stored not in (None, shortened):
        # That of another server, which had the same id.
        row["record"] = _place(f"{record_id}{OF_ITS_OWN}{digest_of(fields)[:8]}", part)
    upsert(connection, poison, [row], update=["reason"])
    if stream == keys.STATUS and stored != shortened:
        _enter(connection, record)


def _enter(connection: Connection, record: Record) -> None:
    """That it came is in the audit log, so that its number is not missing there; its content may be anything."""
    told = {"record": clean_text(record[0]), "digest": digest_of(record[1])}
    sequence = next(iter(number_of_unreadable(record)), 0)
    append_other(connection, Other(kind=EntryKind.ASIDE, says=told, sequence=sequence, record=told["record"]))


def id_of(name: str) -> str:
    """The id in the stream of the record that was put aside under `name`."""
    return name.partition(PART)[0].partition(OF_ITS_OWN)[0]


def _place(record_id: str, part: int | None) -> str:
    return record_id if part is None else f"{record_id}{PART}{part}"


def put_all_aside(connection: Connection, stream: str, records: Sequence[Record], reason: str) -> None:
    """Keep every one of `records`."""
    for record in records:
        put_aside(connection, stream, record, reason)


def _shortened(fields: Mapping[str, str]) -> str:
    return json.dumps(clean_fields(fields))[:KEPT_CHARACTERS]
