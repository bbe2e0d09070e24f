"""An older monitor meets records of a newer version: they are announced, and the newer monitor has them all."""

import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, select

from exconn.contracts import FACTS_FORMAT
from exconn.keyspace import keys
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.tables import alarms, devices, jobs, message_counts, messages, poison
from exconn.stream import Number
from tests.support.streams.status import StreamWriter, device_fact

NO_WAIT = timedelta(milliseconds=1)
WIPE = "wipe-aaaaaaaaaaaaaaaa"
SEIZE = "seize-aaaaaaaaaaaaaaaa"


@pytest.fixture
def writer(redis_client: redis.Redis) -> StreamWriter:
    writer = StreamWriter(redis_client)
    writer.register()
    return writer


def project(engine: Engine, client: redis.Redis) -> None:
    """A monitor starts and reads all that it can read."""
    projector = Projector(engine, client, ProjectorLease(client, "test"))
    projector.open()
    while projector.step(idle_wait=NO_WAIT):
        pass


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(table)).mappings())


def newer_message(writer: StreamWriter, client: redis.Redis, **fields: str) -> None:
    written = {"v": "2", "seq": str(client.incr("exconn:sequence")), "n": "50103", "connector": "contoso", "at": "1"}
    writer.raw_message(written | {"kind": "wipe", "state": "held"} | fields)


def lose_two(writer: StreamWriter, client: redis.Redis) -> None:
    """Two numbers are missing behind the newest message, and one more message follows."""
    client.incrby(keys.SEQUENCE, 2)
    writer.message(Number.JOB_RELEASED, job=WIPE, kind="wipe", state="queued")


def acknowledge(writer: StreamWriter, client: redis.Redis, finding: str) -> None:
    """Anna acknowledges that gap, by a message of a newer version."""
    client.set(keys.acknowledged("records_missing", finding), "1")
    told = json.dumps({"problem": "records_missing", "finding": finding, "because": "trimmed by hand"})
    number = str(int(Number.PROBLEM_ACKNOWLEDGED))
    newer_message(writer, client, n=number, connector="", kind="", state="", by="anna", data=told)


def acknowledged(engine: Engine) -> dict[str, str]:
    """Who has acknowledged each gap."""
    gaps = [row for row in rows(engine, alarms) if row["name"] == "audit-gap"]
    return {row["finding"]: row["acknowledged_by"] for row in gaps}


@pytest.fixture
def as_newer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """From its call on, monitors of this process read the next format too."""

    def upgrade() -> None:
        monkeypatch.setattr("exconn.stream.message.FORMAT", 2)
        monkeypatch.setattr("exconn.monitor.projector.facts.FACTS_FORMAT", FACTS_FORMAT + 1)

    return upgrade


def test_newer_messages_are_announced_and_taken_back_by_a_newer_monitor(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, as_newer: Any
) -> None:
    writer.queued(WIPE, "wipe")
    newer_message(writer, redis_client, job=WIPE)
    newer_message(writer, redis_client, job=SEIZE, kind="seize")
    writer.message(Number.JOB_RELEASED, job=WIPE, kind="wipe", state="queued")

    project(engine, redis_client)
    (alarm,) = rows(engine, alarms)
    put_aside = len(rows(engine, poison))
    as_newer()
    project(engine, redis_client)

    assert (alarm["name"], put_aside) == ("newer-records", 2)
    assert "newer version" in alarm["remedy"]
    assert sorted(row["sequence"] for row in rows(engine, messages)) == [1, 2, 3, 4]
    # What is known of the wipe since was not set back; of the other job nothing else was known.
    assert {row["id"]: row["state"] for row in rows(engine, jobs)} == {WIPE: "queued", SEIZE: "held"}
    assert {row["number"]: row["count"] for row in rows(engine, message_counts)}[50103] == 2
    assert rows(engine, poison) == rows(engine, alarms) == []


def test_an_acknowledgement_that_was_put_aside_counts_once_it_is_taken_back(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, as_newer: Any
) -> None:
    writer.queued(WIPE, "wipe")
    lose_two(writer, redis_client)
    acknowledge(writer, redis_client, "2-3")

    project(engine, redis_client)
    as_newer()
    project(engine, redis_client)

    assert acknowledged(engine) == {"2-3": "anna"}


def test_an_acknowledgement_that_is_taken_back_late_closes_nothing_that_was_found_since(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, as_newer: Any
) -> None:
    writer.queued(WIPE, "wipe")
    lose_two(writer, redis_client)
    acknowledge(writer, redis_client, "2-3")
    redis_client.set(keys.SEQUENCE, 0)
    writer.message(Number.JOB_RELEASED, job=WIPE, kind="wipe", state="queued")
    lose_two(writer, redis_client)

    project(engine, redis_client)
    as_newer()
    project(engine, redis_client)

    assert acknowledged(engine) == {"2-3": "anna", "2-3-2": ""}


def test_an_older_monitor_that_starts_again_keeps_what_it_put_aside(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    newer_message(writer, redis_client, job=WIPE)

    project(engine, redis_client)
    project(engine, redis_client)

    assert len(rows(engine, poison)) == len(rows(engine, alarms)) == 1


def test_what_nobody_can_read_stays_aside_and_keeps_no_alarm_of_newer_records(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, as_newer: Any
) -> None:
    bad = writer.raw_message({"v": "1", "seq": "nonsense"})
    newer_message(writer, redis_client, job=WIPE)

    project(engine, redis_client)
    raised = len(rows(engine, alarms))
    as_newer()
    project(engine, redis_client)

    assert (raised, [alarm for alarm in rows(engine, alarms) if alarm["name"] == "newer-records"]) == (1, [])
    assert [row["record"] for row in rows(engine, poison)] == [bad]


def test_a_stream_of_facts_is_left_at_its_first_newer_page_until_a_newer_monitor_reads_on(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, as_newer: Any
) -> None:
    writer.page("devices", [device_fact(1)])
    writer.raw_page({"v": str(FACTS_FORMAT + 1), "type": "devices", "connector": "contoso", "at": "1", "page": "[]"})
    writer.page("devices", [device_fact(2)])
    writer.queued(WIPE, "wipe")

    project(engine, redis_client)
    seen, raised = len(rows(engine, devices)), [row["name"] for row in rows(engine, alarms)]
    as_newer()
    project(engine, redis_client)

    assert (seen, raised) == (1, ["newer-records"])
    assert len(rows(engine, devices)) == 2
    assert len(rows(engine, jobs)) == 1
    assert rows(engine, alarms) == []
