"""Whether the ledger still has the actions as the record tells them: whoever changes a job leaves no message.

Also whether one can go on at all, and whether one that was cancelled or ran out was to end so. A difference counts when
it has stood for a while in which nothing was told of the job: what was just told is on its way.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine, RowMapping, func, select

from exconn.contracts import ACTION_KINDS
from exconn.contracts.findings import FindingCode
from exconn.keyspace import keys
from exconn.keyspace.written import object_or_none
from exconn.monitor.projector.findings import MOST_OPEN, NumberFinding, keep_finding
from exconn.monitor.projector.job_differences import COLUMNS, JobDifference, KeptAction, difference_of
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.tables import jobs

if TYPE_CHECKING:
    import redis

CHECK_EVERY = timedelta(seconds=10)
#: With the time between two looks, less than a minute.
STANDS_FOR = timedelta(seconds=30)
#: The newest open actions, and the newest of those that ended within a day, as it was stored.
MOST_CHECKED = 1000
ENDED_WITHIN = timedelta(days=1)


class _Found(NamedTuple):
    job: str
    first: int
    last: int
    difference: JobDifference


class JobCheck:
    """Looks now and then, for one projector."""

    def __init__(
        self,
        engine: Engine,
        client: "redis.Redis",
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._client, self._now, self._clock = engine, client, now, clock
        self._looked = float("-inf")
        self._since: Mapping[_Found, float] = {}

    def look(self) -> None:
        """Keep a finding for each action that has differed from its records for long. Raises what servers raise."""
        now = self._clock()
        if now - self._looked < CHECK_EVERY.total_seconds():
            return
        self._looked = now
        self._since = {each: self._since.get(each, now) for each in self._differences()}
        standing = [each for each, since in self._since.items() if now - since >= STANDS_FOR.total_seconds()]
        if standing:
            with self._engine.begin() as connection:
                for each in standing[:MOST_OPEN]:
                    keep_finding(connection, _finding(each))

    def _differences(self) -> list[_Found]:
        now = self._now()
        rows = self._rows(now)
        removed = self._removed()
        found = []
        for row, kept in zip(rows, self._kept(rows), strict=True):
            difference = difference_of(row, kept, removed, now)
            if difference is not None:
                found.append(_Found(row["id"], row["first_sequence"], row["last_sequence"], difference))
        return found

    def _kept(self, rows: "Sequence[RowMapping]") -> list[KeptAction]:
        with self._client.pipeline(transaction=False) as pipe:
            for row in rows:
                pipe.hmget(keys.job(row["id"]), "state", "phase", "wait")
                pipe.zmscore(keys.due(row["service"], row["connector"]), [row["id"]])
                pipe.exists(keys.cancelled(row["id"]))
            answers = iter(pipe.execute())
        return [
            KeptAction(state, phase or "", wait or "", scores[0], bool(is_cancelled))
            for (state, phase, wait), scores, is_cancelled in zip(answers, answers, answers, strict=True)
        ]

    def _removed(self) -> frozenset[str]:
        """The connectors of which the ledger says that they were removed; of what cannot be read, nothing."""
        states = self._client.hgetall(keys.CONNECTORS).items()
        return frozenset(str(name) for name, text in states if (object_or_none(text) or {}).get("state") == "removed")

    def _rows(self, now: datetime) -> "Sequence[RowMapping]":
        of_actions = select(*COLUMNS).where(jobs.c.kind.in_(ACTION_KINDS))
        newest = of_actions.order_by(jobs.c.first_sequence.desc()).limit(MOST_CHECKED)
        recent = now - ENDED_WITHIN
        with self._engine.connect() as connection:
            still_open = connection.execute(newest.where(jobs.c.state != SETTLED)).mappings().all()
            # By when it was stored: a forged end may have any date.
            ended_at = func.coalesce(jobs.c.end_stored_at, jobs.c.settled_at)
            ended = newest.where(jobs.c.state == SETTLED, ended_at >= recent)
            return [*still_open, *connection.execute(ended).mappings().all()]


_TEXTS: Mapping[JobDifference, str] = {
    JobDifference.GONE: "the action of {messages} is not in the ledger any more",
    JobDifference.OTHERWISE: "the ledger has the action of {messages} otherwise than told there",
    JobDifference.STANDS_STILL: "the action of {messages} stands still in the ledger",
    JobDifference.CONNECTOR_REMOVED: "the connector of the open action of {messages} looks removed",
    JobDifference.NOT_CANCELLED: "{messages} say{s} that an action was cancelled, and intake was not asked",
    JobDifference.TOO_EARLY: "{messages} say{s} that an action ran out, and its request was still valid",
}


def _finding(found: _Found) -> NumberFinding:
    return NumberFinding(
        code=FindingCode.JOB_DIFFERS,
        stream=keys.STATUS,
        low=found.first,
        high=found.last,
        text=_TEXTS[found.difference],
        remedy="look at the action in Exchange, and find out who changed the ledger",
    )
