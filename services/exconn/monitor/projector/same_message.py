"""Which messages are in the read model already, and which only look so: nothing that was told is overwritten."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from exconn.audit.canonical import Data
from exconn.monitor.projector.clean import clean_fields, clean_text
from exconn.monitor.tables import messages
from exconn.stream import StatusMessage

#: Words of this version, not of the record, and its place in the audit log.
_OUR_WORDS = ("text", "severity", "position")


def highest_sequence(connection: Connection) -> int:
    """The largest number of a message in the read model."""
    return int(connection.execute(select(func.max(messages.c.sequence))).scalar() or 0)


def not_stored(connection: Connection, found: Sequence[StatusMessage], *, highest: int) -> list[StatusMessage]:
    """Those of `found` that the read model lacks. A stream that was replaced is read again from its beginning.

    One whose id belongs to another message, of another server, gets an id of its own.
    """
    # What is behind everything that was ever stored needs no look.
    if all(message.sequence > highest for message in found):
        return list(found)
    ids = {message.id for message in found} | {_id_of_its_own(message) for message in found}
    rows = connection.execute(select(messages).where(messages.c.record.in_(ids))).mappings()
    stored = {str(row["record"]): dict(row) for row in rows}
    return [new for message in found if (new := _new(message, stored)) is not None]


def _new(message: StatusMessage, stored: Mapping[str, Mapping[str, object]]) -> StatusMessage | None:
    if message.id not in stored:
        return message
    if _told(stored[message.id]) == _told(message_row(message)) or _id_of_its_own(message) in stored:
        return None
    return replace(message, id=_id_of_its_own(message))


def _id_of_its_own(message: StatusMessage) -> str:
    told = json.dumps(_told(message_row(message)), default=str, sort_keys=True)
    return f"{message.id}~{hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest()[:8]}"


def _told(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in _OUR_WORDS}


def message_row(message: StatusMessage) -> dict[str, Any]:
    """The row of a message."""
    return {
        "record": message.id,
        "sequence": message.sequence,
        "number": message.number,
        "severity": message.severity.value,
        "connector": clean_text(message.connector),
        "at": message.at,
        "by": clean_text(message.by),
        "job": clean_text(message.job),
        "kind": clean_text(message.kind),
        "state": clean_text(message.state),
        "phase": clean_text(message.phase),
        "epoch": message.epoch,
        "text": clean_text(message.text),
        "data": Data(clean_fields(message.data)),
    }
