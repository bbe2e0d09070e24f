"""What is in the streams comes into the read model once, in order, whatever dies in between."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from exconn.keyspace import keys
from exconn.monitor.database import open_database
from exconn.monitor.errors import ProjectorLeaseLostError
from exconn.monitor.projector import Projector, ProjectorLease, Role
from exconn.monitor.tables import alarms, devices, jobs, message_counts, messages, metadata, owners, poison, sweeps
from exconn.stream import Number
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import records_of
from tests.support.streams.status import StreamWriter, device_fact, guid_of, owner_fact, statistics_fact

NO_WAIT = timedelta(milliseconds=1)
SOON = timedelta(seconds=20)
WIPE = "wipe-aaaaaaaaaaaaaaaa"


@pytest.fixture
def writer(redis_client: redis.Redis) -> StreamWriter:
    writer = StreamWriter(redis_client)
    writer.register()
    return writer


def opened(engine: Engine, client: redis.Redis) -> Projector:
    projector = Projector(engine, client, ProjectorLease(client, "test"))
    projector.open()
    return projector


def drain(projector: Projector) -> int:
    done = 0
    while took := projector.step(idle_wait=NO_WAIT):
        done += took
    return done


def project(engine: Engine, client: redis.Redis) -> int:
    return drain(opened(engine, client))


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(table)).mappings())


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_messages_become_a_job_with_its_phases(engine: Engine, redis_client: redis.Redis, writer: StreamWriter) -> None:
    writer.queued(WIPE, "wipe", device=guid_of(1))
    writer.message(Number.ISSUING, job=WIPE, kind="wipe", state="claimed", phase="issuing", epoch=1)
    writer.message(Number.WIPE_ISSUED, job=WIPE, kind="wipe", state="waiting", phase="issued", data={"reason": "looks"})

    project(engine, redis_client)

    (job,) = rows(engine, jobs)
    assert (job["state"], job["phase"], job["reason"], job["device"]) == ("waiting", "issued", "looks", guid_of(1))
    assert list(job["phases"]) == ["issuing", "issued"]
    assert [row["sequence"] for row in rows(engine, messages)] == [1, 2, 3]


def test_facts_become_devices_with_owner_and_statistics(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    writer.page("devices", [device_fact(1), device_fact(2)])
    writer.page("statistics", [statistics_fact(1, wipe_requested="2026-11-20T10:00:00+02:00")])
    writer.page("owners", [owner_fact(1)])
    writer.page("finalise", [{"sweep": 1, "devices": 2, "owners": 1, "started_at": "2026-11-20T08:00:00Z"}])

    project(engine, redis_client)

    first, second = sorted(rows(engine, devices), key=lambda row: row["guid"])
    assert (first["name"], first["status"], second["status"]) == ("user1_iPhone", "DeviceOk", "")
    assert first["wipe_requested"].isoformat() == "2026-11-20T08:00:00+00:00"
    assert [row["address"] for row in rows(engine, owners)] == ["user1@contoso.test"]
    assert [row["devices"] for row in rows(engine, sweeps)] == [2]


def test_device_that_did_not_change_stays_as_it_was_when_the_next_sweep_ends(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    writer.page("devices", [device_fact(1), device_fact(2)], sweep=1)
    writer.page("statistics", [statistics_fact(2)], sweep=1)
    writer.page("devices", [device_fact(1, os="iOS 19.2")], sweep=2)
    writer.page("finalise", [{"sweep": 2, "devices": 2, "owners": 2, "started_at": "2026-11-20T08:00:00Z"}], sweep=2)

    project(engine, redis_client)

    found = {row["guid"]: (row["os"], row["listed_in"], row["status"]) for row in rows(engine, devices)}
    assert found == {guid_of(1): ("iOS 19.2", 2, ""), guid_of(2): ("iOS 19.1", 1, "DeviceOk")}


def test_sweep_is_numbered_from_its_announcement(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    job = "sweep-aaaaaaaaaaaaaaaa"
    writer.queued(job, "sweep")
    writer.message(Number.SWEEP_STARTED, data={"sweep": job, "number": 7, "devices": 12})
    writer.message(Number.SWEEP_STARTED, data={"sweep": "sweep-of-another-time", "number": 1})
    writer.message(Number.SWEEP_STARTED, data={"number": 1})

    project(engine, redis_client)

    (row,) = rows(engine, jobs)
    assert (row["id"], row["state"], row["data"]["number"]) == (job, "queued", 7)


def test_new_projector_goes_on_from_the_stored_position(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    writer.queued(WIPE, "wipe")
    assert project(engine, redis_client) == 1
    writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")

    done = project(engine, redis_client)

    assert done == 1
    assert [row["count"] for row in rows(engine, message_counts)] == [1, 1]
    assert not rows(engine, alarms)


def test_only_what_is_committed_is_confirmed_and_trimmed(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    for _ in range(5):
        last = writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
    project(engine, redis_client)
    later = writer.message(Number.JOB_HELD, job=WIPE, kind="wipe", state="held")

    kept = [record for record, _ in records_of(redis_client, keys.STATUS)]

    assert redis_client.get(keys.CONFIRMED) == last
    assert kept == [last, later]


def test_nothing_is_trimmed_when_the_commit_fails(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    projector = opened(engine, redis_client)
    writer.queued(WIPE, "wipe")
    writer.queued("wipe-bbbbbbbbbbbbbbbb", "wipe")
    messages.drop(engine)

    with pytest.raises((OperationalError, ProgrammingError)):
        drain(projector)

    assert redis_client.xlen(keys.STATUS) == 2
    assert redis_client.get(keys.CONFIRMED) is None
    metadata.create_all(engine)
    project(engine, redis_client)
    assert count(engine, messages) == 2


def test_projector_that_lost_its_turn_cannot_commit(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    stale = opened(engine, redis_client)
    writer.queued(WIPE, "wipe")
    redis_client.copy(keys.STATUS, "saved")
    project(engine, redis_client)
    # As it was when the stale one read it.
    redis_client.rename("saved", keys.STATUS)

    with pytest.raises(ProjectorLeaseLostError):
        drain(stale)

    assert count(engine, messages) == 1
    assert [row["count"] for row in rows(engine, message_counts)] == [1]


@pytest.mark.parametrize(
    "fields",
    [
        {"x": "y"},
        {"v": "1", "seq": "2", "n": "50100", "connector": "contoso", "at": "9" * 40},
        {"v": "1", "seq": "2", "n": "50100", "connector": "contoso", "at": "1", "data": "[1]"},
        {"v": "1", "seq": "2", "n": "50100", "connector": "c", "at": "1", "job": "j", "data": '{"due": 1e300}'},
        {"v": "1", "seq": "2", "n": "50100", "connector": "c", "at": "1", "epoch": "9" * 30},
    ],
    ids=["no message", "beyond the calendar", "data is a list", "no such date", "no such number"],
)
def test_unreadable_message_is_put_aside_and_the_stream_goes_on(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, fields: dict[str, str]
) -> None:
    writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
    bad = writer.raw_message(fields)
    if "seq" in fields:
        redis_client.incr(keys.SEQUENCE)
    writer.message(Number.JOB_HELD, job=WIPE, kind="wipe", state="held")

    project(engine, redis_client)

    assert [row["record"] for row in rows(engine, poison)] == [bad]
    assert [row["state"] for row in rows(engine, jobs)] == ["held"]
    assert count(engine, messages) == 2
    assert not rows(engine, alarms)


def test_unreadable_fact_is_put_aside_alone_and_its_reason_tells_nothing_personal(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    writer.page("devices", [device_fact(1), device_fact(2, imei=["490154203237518"]), device_fact(3)])
    writer.raw_page({"v": "1", "type": "devices", "connector": "contoso", "at": "1", "page": "{"})
    writer.page("statistics", [statistics_fact(1)])

    project(engine, redis_client)

    put_aside = rows(engine, poison)
    assert len(put_aside) == 2
    assert "imei" in put_aside[0]["reason"]
    assert "490154203237518" not in put_aside[0]["reason"]
    assert count(engine, devices) == 2


@pytest.mark.parametrize("text", ["half \ud83d", "nul \x00 inside", "x" * 100_000], ids=["half", "nul", "long"])
def test_text_that_a_database_refuses_is_made_storable(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, text: str
) -> None:
    writer.page("devices", [device_fact(1, model=text, friendly_name=text)])
    writer.message(Number.JOB_HELD, job=WIPE, kind="wipe", state="held", data={"reason": text, text: [text]})

    project(engine, redis_client)

    assert not rows(engine, poison)
    (device,) = rows(engine, devices)
    assert device["model"].encode()
    assert len(device["model"]) <= 2000


def test_gap_in_the_numbers_is_an_alarm(engine: Engine, redis_client: redis.Redis, writer: StreamWriter) -> None:
    writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
    lost = writer.message(Number.ISSUING, job=WIPE, kind="wipe", state="claimed", phase="issuing")
    writer.message(Number.WIPE_ISSUED, job=WIPE, kind="wipe", state="waiting", phase="issued")
    redis_client.xdel(keys.STATUS, lost)

    project(engine, redis_client)

    (alarm,) = rows(engine, alarms)
    assert alarm["name"] == "audit-gap"
    assert "message 2 is missing" in alarm["text"]


def test_ledger_that_was_set_back_is_an_alarm_until_somebody_resumes(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
    project(engine, redis_client)
    redis_client.delete(keys.STATUS)

    project(engine, redis_client)
    assert [row["name"] for row in rows(engine, alarms)] == ["stream-behind"]

    writer.message(Number.JOB_HELD, job=WIPE, kind="wipe", state="held")
    project(engine, redis_client)
    assert [row["name"] for row in rows(engine, alarms)] == ["stream-behind"]

    writer.message(Number.BRAKE_RESUMED)
    project(engine, redis_client)
    assert not rows(engine, alarms)


def test_another_database_than_the_confirmed_one_is_an_alarm(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter, tmp_path: Path
) -> None:
    writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
    project(engine, redis_client)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")

    project(other, redis_client)

    assert [row["name"] for row in rows(other, alarms)] == ["history-missing"]
    other.dispose()


@contextmanager
def running(projector: Projector) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_of_two_projectors_one_works_and_the_other_takes_over(
    engine: Engine, open_redis: Callable[..., redis.Redis], writer: StreamWriter
) -> None:
    short = timedelta(milliseconds=900)
    clients = [open_redis(), open_redis()]
    first, second = (
        Projector(engine, client, ProjectorLease(client, f"monitor-{n}", lasts=short))
        for n, client in enumerate(clients)
    )

    with running(second) as stop_second:
        wait_until(lambda: second.role is Role.ACTIVE, SOON, "the second to project")
        with running(first):
            wait_until(lambda: first.role is Role.STANDBY, SOON, "the first to stand by")
            writer.queued(WIPE, "wipe")
            wait_until(lambda: count(engine, messages) == 1, SOON, "one message")
            assert (first.role, second.role) == (Role.STANDBY, Role.ACTIVE)
            stop_second.set()
            wait_until(lambda: first.role is Role.ACTIVE, SOON, "the first to take over")
            writer.message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
            wait_until(lambda: count(engine, messages) == 2, SOON, "the second message")

    assert sum(row["count"] for row in rows(engine, message_counts)) == 2


class SurprisingLease(ProjectorLease):
    """Fails once in a way that nobody foresaw."""

    surprised = False

    def hold(self) -> bool:
        if not self.surprised:
            self.surprised = True
            raise RuntimeError("surprise")
        return super().hold()


def test_projector_goes_on_after_what_nobody_foresaw(
    engine: Engine, redis_client: redis.Redis, writer: StreamWriter
) -> None:
    projector = Projector(engine, redis_client, SurprisingLease(redis_client, "test"))

    with running(projector):
        wait_until(lambda: projector.role is Role.FAILING, SOON, "the surprise")
        writer.queued(WIPE, "wipe")
        wait_until(lambda: count(engine, messages) == 1, SOON, "the message")

    assert projector.role is Role.ACTIVE


def test_lease_of_another_is_neither_renewed_nor_released(redis_client: redis.Redis) -> None:
    ours = ProjectorLease(redis_client, "ours", renew_every=timedelta(0))
    assert ours.hold()
    redis_client.set(keys.PROJECTOR_LEASE, "theirs token")

    assert not ours.hold()
    ours.release()

    assert redis_client.get(keys.PROJECTOR_LEASE) == "theirs token"


def test_projector_goes_on_after_the_ledger_server_was_killed(
    engine: Engine, restartable_valkey: RestartableValkey
) -> None:
    client = restartable_valkey.client()
    projector = Projector(engine, client, ProjectorLease(client, "test", renew_every=timedelta(0)))
    with running(projector):
        StreamWriter(client).queued(WIPE, "wipe")
        wait_until(lambda: count(engine, messages) == 1, SOON, "the first message")
        restartable_valkey.kill()
        wait_until(lambda: projector.role is Role.FAILING, SOON, "the projector to notice")

        restartable_valkey.start()
        writing = restartable_valkey.client()
        StreamWriter(writing).message(Number.JOB_CLAIMED, job=WIPE, kind="wipe", state="claimed")
        wait_until(lambda: count(engine, messages) == 2, SOON, "the second message")
        writing.close()
    client.close()
