"""What sweeps read and what they could not read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from exconn.contracts import ReadingGaps
from exconn.monitor.queries.page import Row
from exconn.monitor.tables import owners, sweeps


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The newest finished sweep of a connector; `complete` is None where its version did not say."""

    connector: str
    job: str
    number: int
    complete: bool | None
    gaps: ReadingGaps
    finished_at: datetime


def newest_reading(connection: Connection, connector: str) -> Reading | None:
    """The newest finished sweep of a connector; None before the first."""
    chosen = select(sweeps).where(sweeps.c.connector == connector).order_by(sweeps.c.number.desc())
    row = connection.execute(chosen.limit(1)).mappings().first()
    return _reading(dict(row)) if row else None


def reading_of(connection: Connection, connector: str, job: str) -> Reading | None:
    """What a sweep read; None before it is finished."""
    chosen = select(sweeps).where(sweeps.c.connector == connector, sweeps.c.job == job)
    row = connection.execute(chosen).mappings().first()
    return _reading(dict(row)) if row else None


def incomplete_since(connection: Connection, connector: str) -> datetime | None:
    """When the first of the sweeps ended that have not been complete ever since."""
    of_it = select(sweeps.c.number).where(sweeps.c.connector == connector, sweeps.c.complete.is_not(False))
    last = connection.execute(of_it.order_by(sweeps.c.number.desc()).limit(1)).scalar()
    first = select(sweeps.c.finished_at).where(sweeps.c.connector == connector, sweeps.c.number > (last or 0))
    return connection.execute(first.order_by(sweeps.c.number).limit(1)).scalar()


def names_of(connection: Connection, connector: str, guids: Sequence[str]) -> dict[str, str]:
    """What the mailboxes with these GUIDs are called, as far as they are known."""
    chosen = select(owners.c.guid, owners.c.name).where(owners.c.connector == connector, owners.c.guid.in_(guids))
    return dict(connection.execute(chosen).all()) if guids else {}


def _reading(row: Row) -> Reading:
    return Reading(
        connector=row["connector"],
        job=row["job"],
        number=row["number"],
        complete=row["complete"],
        gaps=ReadingGaps.model_validate(row["gaps"] or {}),
        finished_at=row["finished_at"],
    )
