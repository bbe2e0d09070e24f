"""Whether the ledger still has the actions as the record tells them: whoever changes a job leaves no message.

A difference counts when it has stood for a while in which nothing was told of the job: what was just told is on its
way.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, cast

from sqlalchemy import Engine, Row, Select, select

from exconn.contracts import ACTION_KINDS
from exconn.contracts.findings import FindingCode
from exconn.keyspace import keys
from exconn.monitor.projector.findings import MOST_OPEN, NumberFinding, keep_finding
from exconn.monitor.projector.job_rows import SETTLED
from exconn.monitor.tables import jobs

if TYPE_CHECKING:
    import redis

CHECK_EVERY = timedelta(seconds=10)
#: With the time between two looks, less than a minute.
STANDS_FOR = timedelta(seconds=30)
#: The newest open actions, and the newest of those that ended within a day.
MOST_CHECKED = 1000
ENDED_WITHIN = timedelta(days=1)


class _Difference(NamedTuple):
    job: str
    first: int
    last: int
    state: str
    phase: str


class JobCheck:
    """Looks now and then, for one projector."""

    def __init__(self, engine: Engine, client: "redis.Redis", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._client, self._clock = engine, client, clock
        self._looked = float("-inf")
        self._since: Mapping[_Difference, float] = {}

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

    def _differences(self) -> list[_Difference]:
        rows = self._rows()
        with self._client.pipeline(transaction=False) as pipe:
            for row in rows:
                pipe.hmget(keys.job(row.id), "state", "phase")
            found = cast("list[list[str | None]]", pipe.execute())
        return [
            _Difference(row.id, row.first_sequence, row.last_sequence, state or "", phase or "")
            for row, (state, phase) in zip(rows, found, strict=True)
            if _differs(row, state, phase or "")
        ]

    def _rows(self) -> "Sequence[Row[tuple[str, str, str, int, int]]]":
        columns = (jobs.c.id, jobs.c.state, jobs.c.phase, jobs.c.first_sequence, jobs.c.last_sequence)
        of_actions = select(*columns).where(jobs.c.kind.in_(ACTION_KINDS))
        recent = datetime.now(UTC) - ENDED_WITHIN
        with self._engine.connect() as connection:

            def newest(chosen: "Select[tuple[str, str, str, int, int]]") -> "list[Row[tuple[str, str, str, int, int]]]":
                return list(connection.execute(chosen.order_by(jobs.c.first_sequence.desc()).limit(MOST_CHECKED)))

            ended = of_actions.where(jobs.c.state == SETTLED, jobs.c.settled_at >= recent)
            return newest(of_actions.where(jobs.c.state != SETTLED)) + newest(ended)


def _differs(row: "Row[tuple[str, str, str, int, int]]", state: str | None, phase: str) -> bool:
    """One that has ended may be gone, after its time; one that is open may not."""
    if row.state == SETTLED:
        return state is not None and state != SETTLED
    return state is None or state == SETTLED or phase != row.phase


def _finding(found: _Difference) -> NumberFinding:
    text = "the action that messages {low} to {high} are about is not in the ledger any more"
    if found.state:
        text = "the ledger has the action that messages {low} to {high} are about otherwise than they tell"
    return NumberFinding(
        code=FindingCode.JOB_DIFFERS,
        stream=keys.STATUS,
        low=found.first,
        high=found.last,
        text=text,
        remedy="look at the action in Exchange, and find out who changed the ledger",
    )
