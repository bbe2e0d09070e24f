"""Messages from before there was an audit log are put into it, once, in the order of their numbers."""

from sqlalchemy import Connection, Engine, bindparam, or_, select, update

from exconn.audit.element import EntryKind
from exconn.logs import get_logger
from exconn.monitor.audit.append import HEAD, append_messages, is_begun
from exconn.monitor.tables import audit_head, messages
from exconn.monitor.upsert import insert_missing

AT_ONCE = 500

logger = get_logger(__name__)


def adopt_messages(engine: Engine) -> None:
    """Begin the log, in one transaction: whoever is ended in between begins anew."""
    with engine.begin() as connection:
        if is_begun(connection):
            return
        insert_missing(connection, audit_head, [{"id": HEAD, "size": 0, "peaks": []}])
        count, last = 0, (-1, "")
        while found := _adopt_some(connection, last):
            count += found[0]
            last = found[1]
    if count:
        logger.info("messages put into the audit log", count=count)


def _adopt_some(connection: Connection, last: tuple[int, str]) -> tuple[int, tuple[int, str]] | None:
    sequence, record = messages.c.sequence, messages.c.record
    beyond = or_(sequence > last[0], (sequence == last[0]) & (record > last[1]))
    rows = connection.execute(select(messages).where(beyond).order_by(sequence, record).limit(AT_ONCE)).mappings().all()
    if not rows:
        return None
    adopted = [dict(row) for row in rows]
    append_messages(connection, adopted, EntryKind.ADOPTED)
    places = [{"of": row["record"], "place": row["position"]} for row in adopted]
    connection.execute(update(messages).where(record == bindparam("of")).values(position=bindparam("place")), places)
    return len(rows), (rows[-1]["sequence"], rows[-1]["record"])
