"""Alarms: findings about the streams themselves that a person has to look at."""

from datetime import datetime

from sqlalchemy import Connection, delete

from exconn.monitor.tables import alarms
from exconn.monitor.upsert import upsert


def raise_alarm(connection: Connection, name: str, subject: str, *, at: datetime, text: str, remedy: str) -> None:
    """Show an alarm; one of that name and subject is replaced."""
    upsert(connection, alarms, [{"name": name, "subject": subject, "raised_at": at, "text": text, "remedy": remedy}])


def clear_alarm(connection: Connection, name: str, subject: str) -> None:
    """Take an alarm back once its cause is gone."""
    connection.execute(delete(alarms).where(alarms.c.name == name, alarms.c.subject == subject))
