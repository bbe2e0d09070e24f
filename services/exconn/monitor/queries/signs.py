"""Signs that something is wrong, as the read model has them; each question is answered by an index."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from exconn.contracts import ACTION_KINDS, KINDS, Kind
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.queries.page import Row
from exconn.monitor.tables import alarms, jobs, messages, poison, positions
from exconn.stream import Number

#: Alarms are few by construction (one per name and stream; of findings twenty per code).
_MAX_ALARMS = 100
#: The phases of an action in which Exchange has it.
IN_EXCHANGE = frozenset(phase for kind in ACTION_KINDS for phase in KINDS[kind].life.in_exchange)


def held_by_reason(connection: Connection) -> list[Row]:
    """Held jobs by connector, kind and reason: how many, since when, and the id of one of them."""
    chosen = select(
        jobs.c.connector,
        jobs.c.kind,
        jobs.c.reason,
        func.count().label("count"),
        func.min(jobs.c.changed_at).label("since"),
        func.min(jobs.c.id).label("one"),
    )
    groups = chosen.where(jobs.c.state == "held").group_by(jobs.c.connector, jobs.c.kind, jobs.c.reason)
    return [dict(row) for row in connection.execute(groups).mappings()]


def not_in_exchange(connection: Connection, moment: datetime) -> list[Row]:
    """Actions that were asked for before `moment` and are not in Exchange, by connector, kind and reason."""
    chosen = select(
        jobs.c.connector,
        jobs.c.kind,
        jobs.c.reason,
        func.count().label("count"),
        func.min(jobs.c.queued_at).label("since"),
    ).where(
        jobs.c.state.in_(("waiting", "claimed")),
        jobs.c.kind.in_(ACTION_KINDS),
        jobs.c.phase.not_in(IN_EXCHANGE),
        jobs.c.queued_at < moment,
    )
    groups = connection.execute(chosen.group_by(jobs.c.connector, jobs.c.kind, jobs.c.reason))
    return [dict(row) for row in groups.mappings()]


def queued_before(connection: Connection, moment: datetime) -> list[Row]:
    """Jobs that were queued before `moment` and nobody has taken, by connector and service."""
    chosen = select(
        jobs.c.connector, jobs.c.service, func.count().label("count"), func.min(jobs.c.changed_at).label("since")
    )
    late = chosen.where(jobs.c.state == "queued", jobs.c.changed_at < moment)
    rows = connection.execute(late.group_by(jobs.c.connector, jobs.c.service))
    return [dict(row) for row in rows.mappings()]


def standing_alarms(connection: Connection) -> list[Row]:
    """Alarms of the projector that nobody has acknowledged, newest first."""
    chosen = select(alarms).where(alarms.c.acknowledged_at.is_(None))
    rows = connection.execute(chosen.order_by(alarms.c.raised_at.desc()).limit(_MAX_ALARMS)).mappings()
    # Those of one millisecond in the same order on every database, whatever its collation.
    found = sorted((dict(row) for row in rows), key=lambda row: (row["name"], row["subject"]))
    return sorted(found, key=lambda row: row["raised_at"], reverse=True)


def acknowledged_alarms(connection: Connection, limit: int) -> list[Row]:
    """Findings that were acknowledged, the newest word first."""
    chosen = select(alarms).where(alarms.c.acknowledged_at.is_not(None))
    rows = connection.execute(chosen.order_by(alarms.c.acknowledged_at.desc(), alarms.c.subject).limit(limit))
    return [dict(row) for row in rows.mappings()]


def put_aside_since(connection: Connection, moment: datetime) -> tuple[int, datetime | None]:
    """How many records were put aside since `moment`, and when the first of them."""
    chosen = select(func.count(), func.min(poison.c.at)).where(poison.c.at >= moment)
    count, first = connection.execute(chosen).one()
    return int(count), first


def told_since(connection: Connection, numbers: Sequence[Number], moment: datetime) -> list[Row]:
    """How often each connector told one of these messages since `moment`, and when first."""
    chosen = select(messages.c.connector, func.count().label("count"), func.min(messages.c.at).label("since"))
    told = chosen.where(messages.c.number.in_([int(number) for number in numbers]), messages.c.at >= moment)
    return [dict(row) for row in connection.execute(told.group_by(messages.c.connector)).mappings()]


def last_told(connection: Connection, number: Number, connector: str | None = None) -> datetime | None:
    """When a message was told last, of one connector or of any."""
    chosen = select(messages.c.at).where(messages.c.number == int(number))
    if connector is not None:
        chosen = chosen.where(messages.c.connector == connector)
    return connection.execute(chosen.order_by(messages.c.at.desc()).limit(1)).scalar()


def newest_ended_sweep(connection: Connection, connector: str) -> Row | None:
    """The newest settled sweep of a connector."""
    chosen = select(jobs.c.id, jobs.c.outcome, jobs.c.reason, jobs.c.settled_at).where(
        jobs.c.kind == Kind.SWEEP, jobs.c.connector == connector, jobs.c.state == SETTLED
    )
    row = connection.execute(chosen.order_by(jobs.c.first_sequence.desc()).limit(1)).mappings().first()
    return dict(row) if row else None


def projected_at(connection: Connection, stream: str) -> datetime | None:
    """When a record of a stream was last committed."""
    return connection.execute(select(positions.c.updated_at).where(positions.c.stream == stream)).scalar()
