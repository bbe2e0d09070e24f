"""Counts and the state of projection: what the overview and the metrics are made of."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from exconn.contracts import ACTION_KINDS
from exconn.keyspace import keys
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.queries.page import Counts
from exconn.monitor.tables import devices, jobs, messages, positions


def jobs_by_state(connection: Connection) -> Counts:
    """How many jobs there are: (connector, kind, state) -> count."""
    chosen = select(jobs.c.connector, jobs.c.kind, jobs.c.state, func.count())
    rows = connection.execute(chosen.group_by(jobs.c.connector, jobs.c.kind, jobs.c.state))
    return {(connector, kind, state): count for connector, kind, state, count in rows}


def open_actions_by_phase(connection: Connection) -> Counts:
    """How many open actions there are: (connector, kind, phase) -> count."""
    chosen = select(jobs.c.connector, jobs.c.kind, jobs.c.phase, func.count())
    open_ones = chosen.where(jobs.c.kind.in_(ACTION_KINDS), jobs.c.state != SETTLED)
    rows = connection.execute(open_ones.group_by(jobs.c.connector, jobs.c.kind, jobs.c.phase))
    return {(connector, kind, phase): count for connector, kind, phase, count in rows}


def devices_by_access(connection: Connection) -> Counts:
    """How many devices there are: (connector, access state) -> count."""
    chosen = select(devices.c.connector, devices.c.access_state, func.count())
    rows = connection.execute(chosen.group_by(devices.c.connector, devices.c.access_state))
    return {(connector, state): count for connector, state, count in rows}


def status_position(connection: Connection) -> str:
    """The last status message in the read model; `0-0` before the first."""
    chosen = select(positions.c.last_id).where(positions.c.stream == keys.STATUS)
    return str(connection.execute(chosen).scalar() or "0-0")


def last_message_at(connection: Connection) -> datetime | None:
    """When the newest message was written, by the ledger's clock."""
    return connection.execute(select(messages.c.at).order_by(messages.c.sequence.desc()).limit(1)).scalar()
