"""The audit log notices whoever changes the record behind the projector's back, and names the message."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from sqlalchemy import Connection, Engine, delete, insert, select, update

from exconn.audit import AuditReport, FindingKind
from exconn.keyspace import keys
from exconn.monitor.audit.check import check_log
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.queries.signs import standing_alarms
from exconn.monitor.tables import audit_head, audit_leaves, audit_texts, messages
from exconn.stream import Number
from tests.support.streams.status import StreamWriter

NO_WAIT = timedelta(milliseconds=1)
Attack = Callable[[Connection], None]


def project(engine: Engine, client: redis.Redis) -> Projector:
    projector = Projector(engine, client, ProjectorLease(client, "test"))
    projector.open()
    while projector.step(idle_wait=NO_WAIT):
        pass
    return projector


def told(client: redis.Redis, count: int = 12) -> StreamWriter:
    writer = StreamWriter(client)
    for number in range(count):
        writer.message(Number.JOB_CLAIMED, job="wipe-aaaaaaaaaaaaaaaa", kind="wipe", data={"n": number})
    return writer


def verified(engine: Engine) -> AuditReport:
    return check_log(engine)


def attacked(engine: Engine, attack: Attack) -> AuditReport:
    assert verified(engine).good
    with engine.begin() as connection:
        attack(connection)
        assert standing_alarms(connection) == []
    return verified(engine)


def found(report: AuditReport) -> list[tuple[FindingKind, int]]:
    return [(finding.kind, finding.sequence) for finding in report.findings]


def edit_who(connection: Connection) -> None:
    connection.execute(update(messages).where(messages.c.sequence == 7).values(by="somebody-else"))


def edit_sentence(connection: Connection) -> None:
    connection.execute(update(messages).where(messages.c.sequence == 7).values(text="Job cancelled"))


def edit_data(connection: Connection) -> None:
    connection.execute(update(messages).where(messages.c.sequence == 7).values(data={"n": 8}))


def remove(connection: Connection) -> None:
    connection.execute(delete(messages).where(messages.c.sequence == 7))


def forge(connection: Connection) -> None:
    row = dict(connection.execute(select(messages).where(messages.c.sequence == 7)).mappings().one())
    connection.execute(insert(messages), [{**row, "record": "1-1", "position": None}])


def forge_in_place(connection: Connection) -> None:
    row = dict(connection.execute(select(messages).where(messages.c.sequence == 7)).mappings().one())
    connection.execute(insert(messages), [{**row, "record": "1-1", "by": "somebody-else"}])


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        (edit_who, FindingKind.EDITED),
        (edit_sentence, FindingKind.EDITED),
        (edit_data, FindingKind.EDITED),
        (remove, FindingKind.DELETED),
        (forge, FindingKind.FORGED),
        (forge_in_place, FindingKind.FORGED),
    ],
)
def test_one_changed_row_is_found_by_its_number(
    engine: Engine, redis_client: redis.Redis, attack: Attack, kind: FindingKind
) -> None:
    told(redis_client)
    project(engine, redis_client)

    assert found(attacked(engine, attack)) == [(kind, 7)]


def test_message_forged_into_the_stream_is_named_with_its_number(engine: Engine, redis_client: redis.Redis) -> None:
    writer = told(redis_client)
    project(engine, redis_client)
    fields = {"v": "1", "seq": "7", "n": "50105", "connector": "contoso", "at": "1", "by": "thief", "data": "{}"}
    writer.raw_message(fields)
    project(engine, redis_client)

    assert found(verified(engine)) == [(FindingKind.REPEATED, 7)]


def test_message_deleted_from_the_stream_is_named_with_its_number(engine: Engine, redis_client: redis.Redis) -> None:
    told(redis_client, 3)
    redis_client.incr(keys.SEQUENCE)
    told(redis_client, 3)
    project(engine, redis_client)

    assert found(verified(engine)) == [(FindingKind.MISSING, 4)]


def test_gap_that_a_person_has_acknowledged_is_no_finding_any_more(engine: Engine, redis_client: redis.Redis) -> None:
    writer = told(redis_client, 3)
    redis_client.incr(keys.SEQUENCE)
    data = {"problem": "records_missing", "finding": "4-4", "because": "trimmed by hand"}
    redis_client.set(keys.acknowledged("records_missing", "4-4"), "1")
    writer.message(Number.PROBLEM_ACKNOWLEDGED, by="it-ops", data=data)
    project(engine, redis_client)

    assert verified(engine).good


def test_log_cut_off_at_its_end_is_found_by_its_head(engine: Engine, redis_client: redis.Redis) -> None:
    told(redis_client, 3)
    project(engine, redis_client)
    told(redis_client, 2)
    project(engine, redis_client)

    def cut(connection: Connection) -> None:
        connection.execute(delete(messages).where(messages.c.sequence > 3))
        connection.execute(delete(audit_leaves).where(audit_leaves.c.first >= 3))

    assert found(attacked(engine, cut)) == [(FindingKind.CUT, 3)]


def test_log_that_a_replaced_ledger_begins_anew_verifies(engine: Engine, redis_client: redis.Redis) -> None:
    told(redis_client, 5)
    project(engine, redis_client)
    redis_client.flushall()
    told(redis_client, 3)
    project(engine, redis_client)

    report = verified(engine)

    assert (report.findings, report.records) == ([], 5 + 1 + 3)


def test_messages_from_before_the_log_are_put_into_it_once(engine: Engine, redis_client: redis.Redis) -> None:
    told(redis_client, 12)
    project(engine, redis_client)
    with engine.begin() as connection:
        for table in (audit_leaves, audit_texts, audit_head):
            connection.execute(delete(table))
        connection.execute(update(messages).values(position=None))

    told(redis_client, 1)
    project(engine, redis_client)

    assert verified(engine).records == 13
    assert found(attacked(engine, edit_who)) == [(FindingKind.EDITED, 7)]


def test_text_of_a_person_can_be_erased_and_the_log_still_verifies(engine: Engine, redis_client: redis.Redis) -> None:
    writer = told(redis_client, 1)
    request = {"reason": "phone of Jo Doe was lost", "key": "k1", "digest": "d", "source": "http"}
    writer.message(Number.BRAKE_PAUSED, by="it-ops", data={"request": request})
    project(engine, redis_client)

    def erase(connection: Connection) -> None:
        cleared = {"request": {**request, "reason": ""}}
        connection.execute(update(messages).where(messages.c.sequence == 2).values(data=cleared))
        connection.execute(update(audit_texts).values(salt=""))

    report = attacked(engine, erase)

    assert (report.good, report.erased) == (True, 1)
    with engine.connect() as connection:
        leaves = connection.execute(select(audit_leaves.c.elements)).scalars().all()
    assert "Jo Doe" not in json.dumps(leaves)


def test_text_of_a_person_that_was_put_in_place_of_another_is_found(engine: Engine, redis_client: redis.Redis) -> None:
    writer = told(redis_client, 1)
    writer.message(Number.BRAKE_PAUSED, by="it-ops", data={"request": {"reason": "lost"}})
    project(engine, redis_client)

    def replace(connection: Connection) -> None:
        changed = {"request": {"reason": "stolen"}}
        connection.execute(update(messages).where(messages.c.sequence == 2).values(data=changed))

    assert found(attacked(engine, replace)) == [(FindingKind.EDITED, 2)]
