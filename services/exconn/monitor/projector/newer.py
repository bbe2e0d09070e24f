"""Records that a newer version wrote, met by an older monitor: nothing of them is lost.

Status messages are put aside, so that the others go on, and are taken back by a monitor that can read them. Pages of
facts must stay in order, so their stream is left as it is until a newer monitor reads on.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, select, update

from exconn.keyspace import keys
from exconn.monitor.projector.alarms import clear_alarm, raise_alarm
from exconn.monitor.projector.commit import BAD_RECORD
from exconn.monitor.projector.put_aside import id_of
from exconn.monitor.tables import poison
from exconn.stream import StatusMessage, parse_message
from exconn.stream.message import NewerMessageError

ALARM = "newer-records"
#: As many are taken back at a start; the next start takes the rest.
MOST_TAKEN_BACK = 10_000
AT_ONCE = 500

Store = Callable[[Connection, StatusMessage], None]


def alarm_newer(connection: Connection, stream: str, *, kept: str) -> None:
    """Say that a stream has records of a newer version, and where they are meanwhile."""
    text = f"a newer version wrote records that this monitor cannot read; {kept}"
    remedy = "start the monitor of the newer version: it takes them back"
    raise_alarm(connection, ALARM, stream, at=datetime.now(UTC), text=text, remedy=remedy)


def take_back(engine: Engine, store: Store) -> int:
    """Store the messages that were put aside for a newer monitor and can be read now, in order; how many."""
    found: list[tuple[str, StatusMessage]] = []
    wait = False
    aside = select(poison.c.record, poison.c.fields).where(poison.c.stream == keys.STATUS).order_by(poison.c.record)
    with engine.begin() as connection:
        for row in connection.execute(aside.execution_options(yield_per=AT_ONCE)):
            try:
                found.append((row.record, parse_message(id_of(row.record), json.loads(row.fields))))
            except (NewerMessageError, json.JSONDecodeError):
                # What was cut off may be newer, too.
                wait = True
            except (ValueError, AttributeError, TypeError):
                continue
            if len(found) == MOST_TAKEN_BACK:
                wait = True
                break
        if not wait:
            clear_alarm(connection, ALARM, keys.STATUS)
    for name, message in sorted(found, key=lambda named: named[1].sequence):
        _store(engine, name, message, store)
    return len(found)


def _store(engine: Engine, name: str, message: StatusMessage, store: Store) -> None:
    its_row = poison.c.stream == keys.STATUS, poison.c.record == name
    try:
        with engine.begin() as connection:
            connection.execute(delete(poison).where(*its_row))
            store(connection, message)
    except BAD_RECORD as exc:
        with engine.begin() as connection:
            reason = f"cannot be stored ({type(exc).__name__})"
            connection.execute(update(poison).where(*its_row).values(reason=reason))
