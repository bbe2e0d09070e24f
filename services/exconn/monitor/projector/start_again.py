"""A stream that is another than the one which was read: it is read from its beginning, and nothing is forgotten."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, update

from exconn.audit.element import EntryKind
from exconn.keyspace import keys
from exconn.logs import get_logger
from exconn.monitor.audit.append import Other, append_other
from exconn.monitor.instant import to_ms
from exconn.monitor.projector.alarms import clear_alarm, raise_alarm
from exconn.monitor.projector.commit import Position, move
from exconn.monitor.projector.sequence import stored_sequence
from exconn.monitor.tables import positions
from exconn.stream import Number, StatusMessage

if TYPE_CHECKING:
    import redis

logger = get_logger(__name__)

ALARM = "stream-behind"


def start_again(engine: Engine, client: "redis.Redis", stream: str, position: Position) -> Position:
    """Put the position before the first record; what is stored already will be passed over.

    Of the status stream, the coordinators are told which record is missing, so that they turn on the kill switches.
    """
    logger.warning("stream replaced", stream=stream, position=position.last_id)
    with engine.begin() as connection:
        move(connection, stream, position, Position())
        if stream == keys.STATUS:
            # Before the commit: who dies in between tells it once more.
            client.set(keys.MISSING, f"{stored_sequence(connection, stream)} {position.last_id}")
            _alarm(connection, stream, position)
            told = {"record": position.last_id, "at": to_ms(datetime.now(UTC))}
            append_other(connection, Other(kind=EntryKind.SET_BACK, says=told, record=position.last_id))
        connection.execute(update(positions).where(positions.c.stream == stream).values(sequence=0))
    return Position()


def take_back_alarm(connection: Connection, found: Sequence[StatusMessage], *, highest: int) -> None:
    """Take the alarm back where `found` tells that a person has compared, and resumed, after all that was stored."""
    if any(message.number == Number.BRAKE_RESUMED and message.sequence > highest for message in found):
        clear_alarm(connection, ALARM, keys.STATUS)


def _alarm(connection: Connection, stream: str, position: Position) -> None:
    text = (
        f"the status stream lacks the record {position.last_id}, which is stored here: "
        "the ledger was set back, or another server took its place; what both have told is kept"
    )
    remedy = "compare open actions with Exchange (`exconn jobs list`), then `exconn brakes resume`"
    raise_alarm(connection, ALARM, stream, at=datetime.now(UTC), text=text, remedy=remedy)
