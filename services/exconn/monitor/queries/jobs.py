"""Jobs, and the actions among them joined with their devices."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from exconn.contracts import ACTION_KINDS
from exconn.ledger import Outcome
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.queries.cursor import decode_cursor, encode_cursor
from exconn.monitor.queries.page import DEFAULT_LIMIT, ResultPage, Row
from exconn.monitor.tables import devices, jobs, owners, sweeps

#: Lists show the outcome as the state of a settled job, so both can be asked for.
_OUTCOMES = frozenset(Outcome)


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs a list shows; `state` is a state or an outcome, `open_actions` leaves out all else."""

    connector: str = ""
    kind: str = ""
    state: str = ""
    phase: str = ""
    device: str = ""
    parent: str = ""
    open_actions: bool = False


def list_jobs(connection: Connection, wanted: JobFilter, *, limit: int = DEFAULT_LIMIT, after: str = "") -> ResultPage:
    """One page of jobs, newest first. Raises BadCursorError."""
    return _page(connection, select(jobs).where(*_conditions(wanted)), limit=limit, after=after)


def list_actions(
    connection: Connection, wanted: JobFilter, *, limit: int = DEFAULT_LIMIT, after: str = ""
) -> ResultPage:
    """One page of actions with their devices, newest first. Raises BadCursorError."""
    return _page(connection, _actions().where(*_conditions(wanted)), limit=limit, after=after)


def list_sweeps(connection: Connection, *, connector: str = "", limit: int = DEFAULT_LIMIT) -> list[Row]:
    """The newest sweeps with what they found."""
    joined = jobs.outerjoin(sweeps, and_(sweeps.c.connector == jobs.c.connector, sweeps.c.job == jobs.c.id))
    chosen = select(
        jobs,
        sweeps.c.number,
        sweeps.c.devices.label("devices_found"),
        sweeps.c.owners.label("owners_found"),
        sweeps.c.started_at,
        sweeps.c.finished_at,
        sweeps.c.complete,
    ).select_from(joined)
    conditions = _conditions(JobFilter(connector=connector, kind="sweep"))
    rows = connection.execute(chosen.where(*conditions).order_by(jobs.c.first_sequence.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


def last_sweep_at(connection: Connection, connector: str) -> datetime | None:
    """When the newest sweep of a connector ended."""
    newest = select(sweeps.c.finished_at).where(sweeps.c.connector == connector).order_by(sweeps.c.number.desc())
    return connection.execute(newest.limit(1)).scalar()


def find_job(connection: Connection, job_id: str) -> Row | None:
    """One job, or None."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
    return dict(row) if row else None


def find_action(connection: Connection, job_id: str) -> Row | None:
    """One action with its device, or None."""
    row = connection.execute(_actions().where(jobs.c.id == job_id)).mappings().first()
    return dict(row) if row else None


def children_by_state(connection: Connection, job_id: str) -> dict[str, int]:
    """How many parts of a job are in each state."""
    rows = connection.execute(select(jobs.c.state, func.count()).where(jobs.c.parent == job_id).group_by(jobs.c.state))
    return dict(rows.all())


def _actions() -> Select[tuple[object, ...]]:
    held = jobs.outerjoin(devices, and_(devices.c.connector == jobs.c.connector, devices.c.guid == jobs.c.device))
    joined = held.outerjoin(owners, and_(owners.c.connector == jobs.c.connector, owners.c.guid == devices.c.owner))
    return (
        select(
            jobs,
            devices.c.name.label("device_name"),
            devices.c.device_type,
            devices.c.owner_name,
            owners.c.address.label("owner_address"),
        )
        .select_from(joined)
        .where(jobs.c.kind.in_(ACTION_KINDS))
    )


def _page(connection: Connection, chosen: Select[tuple[object, ...]], *, limit: int, after: str) -> ResultPage:
    if after:
        chosen = chosen.where(jobs.c.first_sequence < decode_cursor(after, (int,))[0])
    newest_first = chosen.order_by(jobs.c.first_sequence.desc(), jobs.c.id).limit(limit + 1)
    rows = connection.execute(newest_first).mappings().all()
    more = len(rows) > limit
    return ResultPage(
        [dict(row) for row in rows[:limit]], encode_cursor(rows[limit - 1]["first_sequence"]) if more else None
    )


def _conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    named = {
        jobs.c.connector: wanted.connector,
        jobs.c.kind: wanted.kind,
        (jobs.c.outcome if wanted.state in _OUTCOMES else jobs.c.state): wanted.state,
        jobs.c.phase: wanted.phase,
        jobs.c.device: wanted.device.lower(),
        jobs.c.parent: wanted.parent,
    }
    found = [column == value for column, value in named.items() if value]
    return [*found, jobs.c.kind.in_(ACTION_KINDS), jobs.c.state != SETTLED] if wanted.open_actions else found
