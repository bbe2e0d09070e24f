"""A ledger server that another one replaced: what both have told is kept, and nothing is trimmed that was not read."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, func, insert, select, update

from exconn.keyspace import keys
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.projector.continuity import order
from exconn.monitor.queries.messages import MessageFilter, Place, messages_after, newest_messages
from exconn.monitor.queries.page import MAX_LIMIT
from exconn.monitor.tables import alarms, message_counts, messages, poison
from exconn.stream import Number
from tests.support.streams.records import records_of
from tests.support.streams.status import StreamWriter, device_fact

NO_WAIT = timedelta(milliseconds=1)
#: Ids of records: milliseconds of a server's clock.
START, SKEW = 1_000_000, 30_000
WIPE = "wipe-aaaaaaaaaaaaaaaa"
#: What a row of messages has besides.
_TEXTS = ("connector", "by", "job", "kind", "state", "phase", "text")
UNTOLD: dict[str, Any] = {**dict.fromkeys(_TEXTS, ""), "severity": "I", "epoch": 0, "data": {}}


def told(number: int, *, by: str = "old") -> dict[str, str]:
    """The status message with a number, as a server wrote it."""
    return {
        "v": "1",
        "seq": str(number),
        "n": str(int(Number.JOB_CLAIMED)),
        "connector": "contoso",
        "at": str(START + number),
        "by": by,
        "job": WIPE,
        "kind": "wipe",
        "state": "claimed",
        "phase": "",
        "epoch": "1",
        "data": "{}",
    }


def server(client: redis.Redis, *records: tuple[int, Mapping[str, str]]) -> None:
    """What a server has: its stream, with ids by its own clock."""
    client.flushall()
    for at, fields in records:
        client.xadd(keys.STATUS, dict(fields), id=f"{at}-0")  # type: ignore[arg-type]
        client.set(keys.SEQUENCE, fields["seq"])


def old(numbers: Iterable[int]) -> list[tuple[int, Mapping[str, str]]]:
    return [(START + number + (SKEW if number > 17 else 0), told(number)) for number in numbers]


def new(numbers: Iterable[int]) -> list[tuple[int, Mapping[str, str]]]:
    return [(START + number, told(number, by="new")) for number in numbers]


def opened(engine: Engine, client: redis.Redis) -> Projector:
    projector = Projector(engine, client, ProjectorLease(client, "test"))
    projector.open()
    return projector


def drain(projector: Projector) -> None:
    while projector.step(idle_wait=NO_WAIT):
        pass


def stored(engine: Engine) -> list[tuple[int, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(messages.c.sequence, messages.c.by))
        return sorted((int(row.sequence), str(row.by)) for row in rows)


def put_aside(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(poison.c.record, poison.c.fields).order_by(poison.c.record))
        return [(name, fields) for name, fields in rows]


def names_of_alarms(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(select(alarms.c.name)).scalars())


def counted(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.execute(select(func.sum(message_counts.c.count))).scalar()


@pytest.mark.parametrize("while_running", [True, False], ids=["unnoticed", "after an outage"])
def test_after_a_fail_over_to_a_replica_whose_clock_is_behind_all_records_of_both_are_kept(
    engine: Engine, redis_client: redis.Redis, *, while_running: bool
) -> None:
    server(redis_client, *old(range(1, 21)))
    projector = opened(engine, redis_client)
    drain(projector)
    # It lacks the last three, and its clock is thirty seconds behind.
    server(redis_client, *old(range(1, 18)), *new(range(18, 28)))

    if not while_running:
        projector = opened(engine, redis_client)
    projector._looked_around = None
    drain(projector)

    assert stored(engine) == [(n, "old") for n in range(1, 18)] + sorted(
        [(n, "old") for n in (18, 19, 20)] + [(n, "new") for n in range(18, 28)]
    )
    assert counted(engine) == 30
    assert "stream-behind" in names_of_alarms(engine)
    assert redis_client.get(keys.MISSING) == f"20 {START + 20 + SKEW}-0"


def test_a_server_that_nobody_saw_being_replaced_loses_nothing_when_its_ids_are_ahead_again(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, *old(range(1, 21)))
    projector = opened(engine, redis_client)
    drain(projector)
    late = (START + 2 * SKEW, told(28, by="new"))
    server(redis_client, *old(range(1, 18)), *new(range(18, 28)), late)

    drain(projector)

    assert [n for n, by in stored(engine) if by == "new"] == list(range(18, 29))


def test_nothing_is_confirmed_or_trimmed_that_the_stream_does_not_have(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, *old(range(1, 21)))
    drain(opened(engine, redis_client))
    server(redis_client, *old(range(1, 18)), *new(range(18, 28)))

    projector = opened(engine, redis_client)

    assert redis_client.xlen(keys.STATUS) == 27
    assert redis_client.get(keys.CONFIRMED) is None
    drain(projector)
    (last,) = (record for record, _ in records_of(redis_client, keys.STATUS))
    assert redis_client.get(keys.CONFIRMED) == last
    assert order(last) < order(f"{START + 20 + SKEW}-0")


def test_after_a_restore_the_records_that_follow_are_read_though_their_numbers_were_there_before(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, *old(range(1, 21)))
    drain(opened(engine, redis_client))
    # The old clock had run ahead; the backup is of before it was trimmed.
    server(redis_client, *old(range(1, 11)))
    projector = opened(engine, redis_client)
    drain(projector)
    server(redis_client, *old(range(1, 11)), *new(range(11, 21)))

    drain(projector)

    assert [n for n, by in stored(engine) if by == "new"] == list(range(11, 21))
    assert [n for n, by in stored(engine) if by == "old"] == list(range(1, 21))


def test_two_records_with_one_number_and_one_id_are_both_kept(engine: Engine, redis_client: redis.Redis) -> None:
    server(redis_client, (START, told(1)), (START + 1, told(2)))
    drain(opened(engine, redis_client))
    server(redis_client, (START, told(1)), (START + 1, told(2, by="new")))

    drain(opened(engine, redis_client))
    redis_client.delete(keys.MISSING)
    drain(opened(engine, redis_client))

    assert stored(engine) == [(1, "old"), (2, "new"), (2, "old")]
    assert redis_client.get(keys.MISSING) is None


def test_a_monitor_that_dies_while_it_reads_again_goes_on_and_counts_nothing_twice(
    engine: Engine, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    server(redis_client, *old(range(1, 21)))
    drain(opened(engine, redis_client))
    server(redis_client, *old(range(1, 18)), *new(range(18, 28)))
    monkeypatch.setattr("exconn.monitor.projector.loop.STATUS_BATCH", 7)
    opened(engine, redis_client).step(idle_wait=NO_WAIT)

    drain(opened(engine, redis_client))

    assert (len(stored(engine)), counted(engine)) == (30, 30)


def test_the_record_that_the_mark_names_stays_until_the_mark_moves_on(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, *old(range(1, 11)))
    redis_client.hset(keys.MARKED, "id", f"{START + 4}-0")

    drain(opened(engine, redis_client))

    assert [fields["seq"] for _, fields in records_of(redis_client, keys.STATUS)] == [
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "10",
    ]


def test_pages_of_a_replaced_server_are_read_though_their_ids_are_behind(
    engine: Engine, redis_client: redis.Redis
) -> None:
    writer = StreamWriter(redis_client)
    writer.register()
    writer.page("devices", [device_fact(1)])
    drain(opened(engine, redis_client))
    stream = keys.facts(writer.connector)
    ((_, page),) = records_of(redis_client, stream)
    redis_client.delete(stream)
    for number in (2, 3):
        fields = page | {"page": page["page"].replace("user1", f"user{number}")}
        redis_client.xadd(stream, fields, id=f"{number}-0")  # type: ignore[arg-type]

    projector = opened(engine, redis_client)

    assert redis_client.xlen(stream) == 2
    drain(projector)
    assert redis_client.xlen(stream) == 1


def test_two_messages_of_one_number_are_on_one_page_in_either_direction(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, *old(range(1, 6)))
    drain(opened(engine, redis_client))
    server(redis_client, *old(range(1, 3)), *new(range(3, 8)))
    drain(opened(engine, redis_client))
    everything = stored(engine)

    forth, back, place = [], [], 0
    with engine.connect() as connection:
        while rows := messages_after(connection, MessageFilter(), Place(place), limit=3).rows:
            forth += [(row["sequence"], row["by"]) for row in rows]
            place = rows[-1]["sequence"]
        while rows := newest_messages(connection, MessageFilter(), limit=3, before=Place(place + 1)).rows:
            back += [(row["sequence"], row["by"]) for row in rows]
            place = rows[-1]["sequence"] - 1

    assert sorted(forth) == sorted(back) == everything
    assert len(everything) == 10


def test_more_messages_of_one_number_than_a_page_holds_are_each_shown_once_in_either_direction(engine: Engine) -> None:
    numbers = [1, *[2] * (2 * MAX_LIMIT + 10), 3]
    rows = [
        {"record": f"{START + at}-0", "sequence": number, "number": 50101, "at": datetime.now(UTC)} | UNTOLD
        for at, number in enumerate(numbers)
    ]
    with engine.begin() as connection:
        connection.execute(insert(messages), rows)

    forth, back = [], []
    with engine.connect() as connection:
        page = messages_after(connection, MessageFilter(), Place(0), limit=3)
        while page.end is not None:
            forth += [row["record"] for row in page.rows]
            page = messages_after(connection, MessageFilter(), page.end, limit=3)
        page = newest_messages(connection, MessageFilter(), limit=3)
        while page.end is not None:
            assert len(page.rows) <= 3 + MAX_LIMIT
            back += [row["record"] for row in page.rows]
            page = newest_messages(connection, MessageFilter(), limit=3, before=page.end)

    assert forth == back[::-1] == [row["record"] for row in rows]


def test_unreadable_records_of_two_servers_with_one_id_are_both_put_aside(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, (START, told(1)), (START + 1, {"v": "1", "seq": "2", "what": "old"}))
    drain(opened(engine, redis_client))
    server(redis_client, (START, told(1)), (START + 1, {"v": "1", "seq": "2", "what": "new"}))

    drain(opened(engine, redis_client))
    aside = put_aside(engine)
    drain(opened(engine, redis_client))

    assert [json.loads(fields)["what"] for _, fields in aside] == ["old", "new"]
    assert put_aside(engine) == aside


def test_a_newer_record_is_taken_back_beside_the_message_of_another_server_with_its_id(
    engine: Engine, redis_client: redis.Redis
) -> None:
    server(redis_client, (START, told(1)), (START + 1, told(2)))
    drain(opened(engine, redis_client))
    server(redis_client, (START, told(1)), (START + 1, told(2, by="new") | {"v": "9"}))
    drain(opened(engine, redis_client))
    ((name, fields),) = put_aside(engine)
    with engine.begin() as connection:
        readable = json.dumps(json.loads(fields) | {"v": "1"})
        connection.execute(update(poison).where(poison.c.record == name).values(fields=readable))

    drain(opened(engine, redis_client))

    assert stored(engine) == [(1, "old"), (2, "new"), (2, "old")]
    assert put_aside(engine) == []
