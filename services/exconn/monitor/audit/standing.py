"""The problems of the audit log that stand until their cause is gone."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select

from exconn.monitor.projector.alarms import clear_alarm, raise_alarm
from exconn.monitor.tables import alarms

#: Something was changed; the log was not verified to its end; a second place lacks checkpoints.
BROKEN, UNVERIFIED, NOT_ANCHORED = "audit-broken", "audit-unverified", "audit-not-anchored"
_REMEDY = "exconn audit verify"


def say(engine: Engine, alarm: str, subject: str, text: str) -> None:
    """Have an alarm stand with this text, since it was first said; without any text, it is over."""
    with engine.connect() as connection:
        its_row = select(alarms.c.text).where(alarms.c.name == alarm, alarms.c.subject == subject)
        stands = connection.execute(its_row).scalar()
    if stands == (text or None):
        return
    with engine.begin() as connection:
        if text:
            raise_alarm(connection, alarm, subject, at=datetime.now(UTC), text=text, remedy=_REMEDY)
        else:
            clear_alarm(connection, alarm, subject)
