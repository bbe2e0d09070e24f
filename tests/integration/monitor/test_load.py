"""How much work a service has, counted as a scaler of workers needs it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, event

from exconn.keyspace import keys
from exconn.monitor.database import open_database
from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.queries.load import Load, load_by_service
from exconn.stream import Number
from tests.support.streams.status import StreamWriter

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
NO_WAIT = timedelta(milliseconds=1)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def ago(minutes: int) -> int:
    return ms(NOW - timedelta(minutes=minutes))


class Story:
    """Writes jobs of one connector, and shows the load that they make."""

    def __init__(self, engine: Engine, client: redis.Redis) -> None:
        self._engine, self._client = engine, client
        self._writer = StreamWriter(client)

    def job(self, job: str, *steps: tuple[Number, str, int, dict[str, object]], service: str = "actions") -> None:
        data = {"service": service, "requester": "hr", "revision": 1, "due": ago(90)}
        self._writer.message(
            Number.JOB_QUEUED, job=job, kind=job.rpartition("-")[0], state="queued", at_ms=ago(90), data=data
        )
        for number, state, at_ms, told in steps:
            self._writer.message(number, job=job, kind=job.rpartition("-")[0], state=state, at_ms=at_ms, data=told)
            if "due" in told:
                self.due(job, int(str(told["due"])))

    def load(self) -> dict[tuple[str, ...], Load]:
        projector = Projector(self._engine, self._client, ProjectorLease(self._client, "test"))
        projector.open()
        while projector.step(idle_wait=NO_WAIT):
            pass
        with self._engine.connect() as connection:
            return load_by_service(connection, NOW, LiveLedger(self._client).due_times)

    def due(self, job: str, at_ms: int) -> None:
        """When the ledger says that a job is due, whatever was said of it."""
        self._client.zadd(keys.due("actions", "contoso"), {job: at_ms})


@pytest.fixture
def story(engine: Engine, redis_client: redis.Redis) -> Story:
    return Story(engine, redis_client)


def claimed(minutes: int) -> tuple[Number, str, int, dict[str, object]]:
    return (Number.JOB_CLAIMED, "claimed", ago(minutes), {})


def deferred(until_ms: int) -> tuple[Number, str, int, dict[str, object]]:
    return (Number.JOB_WAITING, "waiting", ago(80), {"due": until_ms})


def test_queued_and_due_jobs_are_ready_since_they_could_be_taken(story: Story) -> None:
    story.job("wipe-queued")
    story.job("wipe-due", claimed(85), deferred(ago(3)))
    story.job("sweep-due", claimed(85), deferred(ago(7)), service="discovery")

    assert story.load() == {
        ("contoso", "actions"): Load(ready=2, running=0, ready_since=NOW - timedelta(minutes=90)),
        ("contoso", "discovery"): Load(ready=1, running=0, ready_since=NOW - timedelta(minutes=7)),
    }


def test_released_job_is_ready_since_its_release(story: Story) -> None:
    story.job(
        "wipe-a", claimed(85), (Number.JOB_HELD, "held", ago(80), {}), (Number.JOB_RELEASED, "queued", ago(2), {})
    )

    assert story.load() == {("contoso", "actions"): Load(ready=1, running=0, ready_since=NOW - timedelta(minutes=2))}


def test_running_jobs_are_counted_apart(story: Story) -> None:
    story.job("wipe-a", claimed(85))

    assert story.load() == {("contoso", "actions"): Load(ready=0, running=1, ready_since=None)}


def test_job_that_was_put_off_in_silence_is_no_load_until_it_is_due_again(story: Story) -> None:
    story.job("wipe-a", claimed(85), deferred(ago(60)))
    story.due("wipe-a", ms(NOW + timedelta(minutes=1)))
    assert story.load() == {}

    story.due("wipe-a", ago(2))
    assert story.load() == {("contoso", "actions"): Load(ready=1, running=0, ready_since=NOW - timedelta(minutes=2))}


def test_what_no_worker_could_take_is_no_load(story: Story) -> None:
    story.job("wipe-later", claimed(85), deferred(ms(NOW + timedelta(minutes=1))))
    story.job("wipe-held", claimed(85), (Number.JOB_HELD, "held", ago(80), {"reason": "breaker"}))
    story.job("wipe-paused", claimed(85), deferred(ago(50)), claimed(40), (Number.JOB_PAUSED, "waiting", ago(39), {}))
    story.job("sweep-parts", claimed(85), (Number.PARTITIONS_SEALED, "waiting", ago(80), {"children": 3}))
    story.job("wipe-done", claimed(85), (Number.JOB_SUCCEEDED, "settled", ago(80), {"outcome": "succeeded"}))

    assert story.load() == {}


def test_load_is_found_by_the_index_of_open_jobs(tmp_path: Path) -> None:
    # The planner of a server goes by statistics of many rows; SQLite's goes by the indexes.
    engine = open_database(f"sqlite:///{tmp_path / 'monitor.db'}")
    plans: list[str] = []
    with engine.connect() as connection:

        def explain(_connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
            if statement.startswith("SELECT") and not plans:
                cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[attr-defined]
                plans.extend(str(row) for row in cursor.fetchall())  # type: ignore[attr-defined]

        event.listen(connection, "before_cursor_execute", explain)
        load_by_service(connection, NOW, lambda *_: None)

    assert any("jobs_open" in plan for plan in plans), plans
    assert not any("SCAN" in plan for plan in plans), plans
    engine.dispose()
