"""How much work there is for each service now: what a scaler of workers looks at."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from exconn.monitor.tables import jobs

#: When jobs of a connector are due by the ledger (connector, ids); None while it is away.
DueTimes = Callable[[str, Collection[str]], Mapping[str, datetime] | None]


@dataclass(frozen=True)
class Load:
    """The open jobs of one service of a connector that a worker could take or has."""

    ready: int = 0
    running: int = 0
    ready_since: datetime | None = None


def load_by_service(connection: Connection, now: datetime, due_times: DueTimes) -> dict[tuple[str, ...], Load]:
    """Ready jobs (queued, or waiting and due) and running ones: (connector, service) -> load.

    Held, paused and parked jobs, and those that wait for a moment to come, are no work for a worker.
    """
    found = _queued_and_claimed(connection)
    for connector, service, since in _late(connection, now, due_times):
        before = found.get((connector, service), Load())
        oldest = min(since, before.ready_since or since)
        found[(connector, service)] = Load(before.ready + 1, before.running, oldest)
    return found


def _queued_and_claimed(connection: Connection) -> dict[tuple[str, ...], Load]:
    queued, claimed = jobs.c.state == "queued", jobs.c.state == "claimed"
    chosen = select(
        jobs.c.connector,
        jobs.c.service,
        func.count().filter(queued),
        func.count().filter(claimed),
        func.min(jobs.c.changed_at).filter(queued),
    )
    rows = connection.execute(chosen.where(or_(queued, claimed)).group_by(jobs.c.connector, jobs.c.service))
    return {(connector, service): Load(*load) for connector, service, *load in rows}


def _late(connection: Connection, now: datetime, due_times: DueTimes) -> Iterable[tuple[str, str, datetime]]:
    """Waiting jobs that are due, with their services.

    A look that finds nothing new says nothing, so a job whose last message is old may have been put off since.
    """
    chosen = select(jobs.c.id, jobs.c.connector, jobs.c.service, jobs.c.due)
    rows = list(connection.execute(chosen.where(jobs.c.state == "waiting", jobs.c.due <= now)))
    by_connector: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_connector[row.connector].append(row.id)
    present = {connector: due_times(connector, ids) for connector, ids in by_connector.items()}
    for row in rows:
        times = present[row.connector]
        due = row.due if times is None else times.get(row.id)
        if due is not None and due <= now:
            yield row.connector, row.service, due
