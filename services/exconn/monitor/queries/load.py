"""How much work there is for each service now: what a scaler of workers looks at."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, or_, select

from exconn.monitor.tables import jobs


@dataclass(frozen=True)
class Load:
    """The open jobs of one service of a connector that a worker could take or has."""

    ready: int = 0
    running: int = 0
    ready_since: datetime | None = None


def load_by_service(connection: Connection, now: datetime) -> dict[tuple[str, ...], Load]:
    """Ready jobs (queued, or waiting and due) and running ones: (connector, service) -> load.

    Held, paused and parked jobs, and those that wait for a moment to come, are no work for a worker.
    """
    queued, claimed = jobs.c.state == "queued", jobs.c.state == "claimed"
    late = and_(jobs.c.state == "waiting", jobs.c.due <= now)
    ready = or_(queued, late)
    since = case((queued, jobs.c.changed_at), else_=jobs.c.due)
    chosen = select(
        jobs.c.connector,
        jobs.c.service,
        func.count().filter(ready),
        func.count().filter(claimed),
        func.min(since).filter(ready),
    )
    rows = connection.execute(chosen.where(or_(ready, claimed)).group_by(jobs.c.connector, jobs.c.service))
    return {(connector, service): Load(*load) for connector, service, *load in rows}
