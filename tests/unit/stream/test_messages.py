"""A record of the stream becomes a message, or says why it cannot."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
import redis

from exconn.keyspace import connect, keys
from exconn.ledger import Ledger
from exconn.stream import Cursor, Number, Severity, parse_message, read_after
from exconn.stream.message import UnreadableMessageError
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import records_of

RECORD = {
    "v": "1",
    "seq": "7",
    "n": "50103",
    "at": "1767348000123",
    "connector": "hq",
    "job": "wipe-aaaaaaaaaaaaaaaa",
    "kind": "wipe",
    "state": "held",
    "phase": "accepted",
    "epoch": "2",
    "by": "actions-1",
    "data": '{"reason":"breaker"}',
}
HELD = "Job held for a person: the circuit breaker is full: too many actions of this sort in a short time"
BRIEFLY = timedelta(milliseconds=20)


def test_a_record_is_read_whole() -> None:
    message = parse_message("5-0", RECORD)

    assert (message.id, message.sequence, message.number) == ("5-0", 7, Number.JOB_HELD)
    assert message.at == datetime(2026, 1, 2, 10, 0, 0, 123000, tzinfo=UTC)
    assert (message.connector, message.job, message.kind) == ("hq", "wipe-aaaaaaaaaaaaaaaa", "wipe")
    assert (message.state, message.phase, message.epoch, message.by) == ("held", "accepted", 2, "actions-1")
    assert (message.severity, message.text) == (Severity.WARNING, HELD)


def test_a_message_without_a_job_is_read() -> None:
    message = parse_message("5-0", {"v": "1", "seq": "1", "n": "50600", "at": "0", "connector": "hq", "data": "[]"})

    assert (message.job, message.epoch, message.data) == ("", 0, {})
    assert message.text == "Kill switch: paused"


def test_a_text_whose_field_is_missing_still_reads() -> None:
    assert parse_message("5-0", RECORD | {"data": "{}"}).text == "Job held for a person: ?"


@pytest.mark.parametrize(("kind", "label"), [("wipe", "wipe"), ("policy-plan", "policy plan"), ("newer", "newer")])
def test_a_text_names_the_kind_of_its_job_as_people_do(kind: str, label: str) -> None:
    message = parse_message("5-0", RECORD | {"n": str(Number.ACTION_ISSUED.value), "kind": kind})

    assert message.text == f"Device action {label} issued to Exchange"


def test_a_number_of_a_newer_version_is_a_warning_and_not_lost() -> None:
    message = parse_message("5-0", RECORD | {"n": "50999"})

    assert (message.number, message.severity) == (50999, Severity.WARNING)
    assert "newer" in message.text


@pytest.mark.parametrize(
    "changes",
    [
        {"v": "2"},
        {"v": "x"},
        {"seq": ""},
        {"n": "wipe"},
        {"at": "yesterday"},
        {"data": "[1]"},
        {"data": '"text"'},
        {"data": "{"},
        {"epoch": "one"},
    ],
    ids=str,
)
def test_a_record_that_cannot_be_read_says_which(changes: Mapping[str, str]) -> None:
    with pytest.raises(UnreadableMessageError, match="5-0"):
        parse_message("5-0", RECORD | dict(changes))


@pytest.mark.parametrize("missing", ["v", "seq", "n", "at", "connector"])
def test_a_record_without_a_required_field_cannot_be_read(missing: str) -> None:
    with pytest.raises(UnreadableMessageError, match=missing):
        parse_message("5-0", {name: value for name, value in RECORD.items() if name != missing})


@pytest.fixture
def five(redis_client: redis.Redis) -> redis.Redis:
    """A stream of five announcements."""
    for number in range(5):
        Ledger(redis_client).announce(Number.CONNECTOR_ARMED, connector="hq", by="boss", data={"feature": str(number)})
    return redis_client


def sequence(records: list[tuple[str, Mapping[str, str]]]) -> list[int]:
    return [parse_message(record, fields).sequence for record, fields in records]


def test_reading_goes_on_behind_the_last_record_in_bounded_batches(five: redis.Redis) -> None:
    first = read_after(five, [Cursor(keys.STATUS)], count=3, wait=BRIEFLY)[keys.STATUS]

    rest = read_after(five, [Cursor(keys.STATUS, first[-1][0])], count=3, wait=BRIEFLY)[keys.STATUS]

    assert (sequence(first), sequence(rest)) == ([1, 2, 3], [4, 5])


def test_reading_at_the_end_waits_only_so_long(five: redis.Redis) -> None:
    last, _ = records_of(five, keys.STATUS)[-1]

    assert read_after(five, [Cursor(keys.STATUS, last)], wait=BRIEFLY) == {}


def test_several_streams_are_read_side_by_side(five: redis.Redis) -> None:
    five.xadd(keys.facts("hq"), {"v": "1"})

    found = read_after(five, [Cursor(keys.STATUS), Cursor(keys.facts("hq"))], wait=BRIEFLY)

    assert {name: len(records) for name, records in found.items()} == {keys.STATUS: 5, keys.facts("hq"): 1}


def test_a_wait_of_nothing_does_not_wait_for_ever(valkey_server: RestartableValkey, redis_client: redis.Redis) -> None:
    client = connect(valkey_server.url, answer_within=timedelta(seconds=2))

    assert read_after(client, [Cursor(keys.STATUS)], wait=timedelta(0)) == {}

    client.close()
