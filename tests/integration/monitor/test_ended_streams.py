"""A stream that somebody ended with the highest id, and that was mended: a monitor that read that record goes on."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from exconn.keyspace import Functions, keys
from exconn.keyspace.ended_stream import HIGHEST, LIBRARY, mend
from exconn.monitor.database import open_database
from exconn.monitor.problems import ProblemCode
from exconn.monitor.queries.messages import MessageFilter, newest_messages
from exconn.stream import Number
from tests.integration.monitor.problem_scenes import Scene

#: What somebody may write: no message at all, or a copy of one.
RECORDS = [{"v": "1"}, {"v": "1", "seq": "3", "n": "50100", "connector": "contoso", "at": "1", "data": "{}"}]


@pytest.fixture
def scene(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Scene]:
    engine = open_database(f"sqlite:///{tmp_path / 'monitor.db'}", migrate=True)
    yield Scene(engine, redis_client)
    engine.dispose()


def test_dead_letters_that_somebody_ended_are_found_and_shown(scene: Scene) -> None:
    scene.client.xadd(keys.DEAD_LETTERS, {"v": "1"}, id=HIGHEST)

    found = {problem.code: problem for problem in scene.problems()}

    assert set(found) == {ProblemCode.STREAM_ENDED, ProblemCode.DEAD_LETTERS}
    assert found[ProblemCode.STREAM_ENDED].values == {"stream": keys.DEAD_LETTERS}


@pytest.mark.parametrize("record", RECORDS, ids=["no message", "a message"])
def test_a_monitor_that_read_what_ended_the_stream_reads_on_after_it_was_mended(
    scene: Scene, record: Mapping[str, str]
) -> None:
    redis_client = scene.client
    for job in ("wipe-a", "wipe-b"):
        scene.job(job, number=Number.JOB_QUEUED, state="queued")
    redis_client.xadd(keys.STATUS, dict(record), id=HIGHEST)  # type: ignore[arg-type]
    assert ProblemCode.STREAM_ENDED in {problem.code for problem in scene.problems()}

    assert mend(Functions(redis_client, LIBRARY), keys.STATUS) is not None
    scene.job("wipe-c", number=Number.JOB_QUEUED, state="queued")

    assert ProblemCode.STREAM_ENDED not in {problem.code for problem in scene.problems()}
    with scene.engine.connect() as connection:
        told = newest_messages(connection, MessageFilter(), limit=10)
    assert {"wipe-a", "wipe-b", "wipe-c"} <= {str(row["job"]) for row in told.rows}


def test_what_a_monitor_read_with_ids_ahead_it_has_once_after_the_stream_was_mended(scene: Scene) -> None:
    redis_client = scene.client
    scene.job("wipe-a", number=Number.JOB_QUEUED, state="queued")
    ahead = int((datetime.now(UTC) + timedelta(days=2)).timestamp() * 1000)
    redis_client.xadd(keys.STATUS, {"v": "1"}, id=f"{ahead}-0")
    scene.job("wipe-b", number=Number.JOB_QUEUED, state="queued")
    scene.problems()
    redis_client.xadd(keys.STATUS, {"v": "1"}, id=HIGHEST)

    assert mend(Functions(redis_client, LIBRARY), keys.STATUS) is not None
    scene.job("wipe-c", number=Number.JOB_QUEUED, state="queued")
    scene.problems()

    with scene.engine.connect() as connection:
        told = newest_messages(connection, MessageFilter(), limit=10)
    jobs = [str(row["job"]) for row in told.rows if row["job"]]
    assert sorted(jobs) == ["wipe-a", "wipe-b", "wipe-c"]
