"""Records that cannot be read are put aside with the reason, and the stream goes on."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from exconn.monitor.projector.clean import clean_fields, clean_text
from exconn.monitor.tables import poison
from exconn.monitor.upsert import upsert
from exconn.stream.reader import Record

#: How much of an unreadable record is kept.
KEPT_CHARACTERS = 4096


def put_aside(connection: Connection, stream: str, record: Record, reason: str, *, part: int | None = None) -> None:
    """Keep an unreadable record, or one fact of a page, for a person."""
    record_id, fields = record
    row = {
        "stream": stream,
        "record": record_id if part is None else f"{record_id}#{part}",
        "at": datetime.now(UTC),
        "reason": clean_text(reason),
        "fields": _shortened(fields),
    }
    upsert(connection, poison, [row])


def put_all_aside(connection: Connection, stream: str, records: Sequence[Record], reason: str) -> None:
    """Keep every one of `records`."""
    for record in records:
        put_aside(connection, stream, record, reason)


def _shortened(fields: Mapping[str, str]) -> str:
    return json.dumps(clean_fields(fields))[:KEPT_CHARACTERS]
