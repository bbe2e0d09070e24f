"""What the newest verification of the audit log came to; kept in the database, so that a restart does not forget it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from exconn.monitor.tables import audit_verification
from exconn.monitor.upsert import upsert

_ONLY_ROW = 1


class Result(StrEnum):
    """How a verification ended."""

    CLEAN = "clean"
    BROKEN = "broken"
    #: It was not done to the end: the time ran out, or a second place could not be read.
    UNFINISHED = "unfinished"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """One verification. `said` is in words what it found, or why it did not end.

    `due_at` is when the next one begins, `clean_at` when one was clean last.
    """

    started_at: datetime
    ended_at: datetime
    due_at: datetime
    result: str
    records: int = 0
    findings: int = 0
    said: str = ""
    clean_at: datetime | None = None


def newest_verification(connection: Connection) -> Verification | None:
    """The last one; None before the first."""
    row = connection.execute(select(audit_verification)).mappings().first()
    return None if row is None else Verification(**{name: row[name] for name in row if name != "id"})


def keep_verification(connection: Connection, done: Verification) -> None:
    """Keep it in place of the one before."""
    upsert(connection, audit_verification, [asdict(done) | {"id": _ONLY_ROW}])
