"""The problems of the audit log that stand until their cause is gone."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select

from exconn.audit import AuditReport
from exconn.monitor.projector.alarms import clear_alarm, raise_alarm
from exconn.monitor.tables import alarms
from exconn.monitor.upsert import insert_missing

#: Something was changed; the log was not verified to its end; a second place lacks checkpoints.
BROKEN, UNVERIFIED, NOT_ANCHORED = "audit-broken", "audit-unverified", "audit-not-anchored"
_REMEDY = "exconn audit verify"
_MOST_DIGITS = 9


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


def say_broken(engine: Engine, subject: str, report: AuditReport, text: str) -> None:
    """Have what a verification found stand until another one finds something else, or a person has acknowledged it."""
    finding = "" if report.good else _name_of(report)
    row = {
        "name": BROKEN,
        "subject": f"{subject} {finding}",
        "finding": finding,
        "raised_at": datetime.now(UTC),
        "text": text,
        "remedy": _REMEDY,
    }
    with engine.begin() as connection:
        insert_missing(connection, alarms, [row] if finding else [])
        others = (alarms.c.name == BROKEN, alarms.c.finding != finding, alarms.c.acknowledged_at.is_(None))
        connection.execute(delete(alarms).where(*others))


def _name_of(report: AuditReport) -> str:
    """The numbers that it is about, and digits that are others where anything else was found."""
    numbers = [finding.sequence for finding in report.findings]
    told = "\n".join((str(report.count), *(f"{finding.kind} {finding.text}" for finding in report.findings)))
    place = int(hashlib.sha256(told.encode()).hexdigest(), 16) % 10**_MOST_DIGITS
    return f"{min(numbers)}-{max(numbers)}-{place}"
