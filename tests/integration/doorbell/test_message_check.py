"""Messages that are not doorbells: each becomes one dead letter, and the worker goes on."""

import base64
import contextlib
import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from exconn.contracts import Kind, Service, doorbell_bytes, queue_of
from exconn.keyspace import keys
from exconn.ledger import Outcome
from exconn.stream import Number
from tests.integration.doorbell.conftest import WITHIN, System
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import messages_of, records_of

QUEUE = queue_of(Service.DISCOVERY, "one")
JOB = "echo-aaaaaaaaaaaaaaaa"
PICKLE_OF_SYSTEM = base64.b64encode(b"cposix\nsystem\n(S'touch /tmp/exconn-pickle-ran'\ntR.").decode()


def envelope(**changes: Any) -> dict[str, Any]:
    """A good doorbell for a job that does not exist, with top-level fields replaced or (None) left out."""
    found = json.loads(doorbell_bytes(JOB, Kind.ECHO, service=Service.DISCOVERY, connector="one", ring=1))
    found.update(changes)
    return {name: value for name, value in found.items() if value is not None}


def with_headers(**changes: Any) -> bytes:
    found = envelope()
    found["headers"] = {name: value for name, value in {**found["headers"], **changes}.items() if value is not None}
    return json.dumps(found).encode()


def with_body(body: Any) -> bytes:
    return json.dumps(envelope(body=base64.b64encode(json.dumps(body).encode()).decode())).encode()


def with_embedded(**embedded: Any) -> bytes:
    return with_body([[JOB], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None, **embedded}])


SIGNATURE = {"task": "exconn.echo", "args": [JOB], "kwargs": {}, "options": {}, "immutable": False}

POISON: dict[str, tuple[bytes, str]] = {
    "an-array": (b"[1]", "not-a-message"),
    "not-json": (b"hello", "not-json"),
    "empty": (b"", "not-json"),
    "not-utf-8": (b"\xff\xfe\x00", "not-json"),
    "a-json-scalar": (b"42", "not-a-message"),
    "null": (b"null", "not-a-message"),
    "deep-json": (b"[" * 4000 + b"]" * 4000, "not-a-message"),
    "no-properties": (json.dumps(envelope(properties=None)).encode(), "not-a-message"),
    "no-headers": (json.dumps(envelope(headers=None)).encode(), "not-a-message"),
    "no-task": (with_headers(task=None), "no-task"),
    "no-id": (with_headers(id=None), "no-id"),
    "id-of-another-type": (with_headers(id={"a": 1}), "no-id"),
    "unknown-task": (with_headers(task="exconn.actions.wipe"), "unknown-task"),
    "celery-map": (with_headers(task="celery.map"), "unknown-task"),
    "celery-chord-unlock": (with_headers(task="celery.chord_unlock"), "unknown-task"),
    "body-is-one": (with_body([1]), "bad-body"),
    "body-is-a-number": (with_body(1), "bad-body"),
    "body-without-json": (json.dumps(envelope(body=base64.b64encode(b"x").decode())).encode(), "bad-body"),
    "body-is-deep": (json.dumps(envelope(body=base64.b64encode(b"[" * 3000).decode())).encode(), "bad-body"),
    "bad-base64": (json.dumps(envelope(body="%%%")).encode(), "bad-base64"),
    "no-body": (json.dumps(envelope(body=None)).encode(), "bad-body"),
    "surplus-argument": (with_body([[JOB, "more"], {}, {}]), "bad-arguments"),
    "no-argument": (with_body([[], {}, {}]), "bad-arguments"),
    "named-argument": (with_body([[JOB], {"force": True}, {}]), "bad-arguments"),
    "not-a-job-id": (with_body([["../../etc"], {}, {}]), "bad-arguments"),
    "pickle": (
        json.dumps(envelope(**{"content-type": "application/x-python-serialize", "body": PICKLE_OF_SYSTEM})).encode(),
        "content-type",
    ),
    "callback": (with_embedded(callbacks=[SIGNATURE]), "embedded-tasks"),
    "error-callback": (with_embedded(errbacks=[SIGNATURE]), "embedded-tasks"),
    "chain": (with_embedded(chain=[SIGNATURE]), "embedded-tasks"),
    "chord": (with_embedded(chord=SIGNATURE), "embedded-tasks"),
    "twenty-megabytes": (with_body([["x" * 15_000_000], {}, {}]), "too-large"),
}


def letters(system: System) -> list[dict[str, str]]:
    return [fields for _, fields in records_of(system.client, keys.DEAD_LETTERS)]


def has_letters(system: System, count: int) -> bool:
    return len(letters(system)) >= count


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_every_malformed_message_becomes_one_dead_letter_and_the_next_good_job_runs(system: System, pool: str) -> None:
    worker = system.worker(pool=pool)

    for number, (raw, reason) in enumerate(POISON.values(), start=1):
        system.broker.lpush(QUEUE, raw)
        wait_until(partial(has_letters, system, number), WITHIN, "a dead letter", logs=[worker.log])
        letter = letters(system)[-1]
        assert letter["reason"] == reason
        assert letter["digest"] == hashlib.sha256(raw).hexdigest()

    job = system.settled(system.echo("after all of them"))

    assert job.outcome == Outcome.SUCCEEDED
    assert len(letters(system)) == len(POISON)
    assert system.broker.llen(QUEUE) == 0
    assert worker.exit_code is None
    assert "reconnect" not in worker.log.read_text()


def test_a_dead_letter_says_where_it_came_from_and_keeps_the_beginning_of_the_message(system: System) -> None:
    worker = system.worker()
    raw = b"x" * 100_000

    system.broker.lpush(QUEUE, raw)

    wait_until(lambda: letters(system), WITHIN, "a dead letter", logs=[worker.log])
    letter = letters(system)[0]
    assert set(letter) == {"v", "at", "service", "queue", "reason", "size", "digest", "body"}
    assert (letter["service"], letter["queue"], letter["size"]) == ("discovery", QUEUE, "100000")
    assert len(letter["body"]) <= 4096
    assert raw.startswith(base64.b64decode(letter["body"]))
    assert int(letter["at"]) == pytest.approx(system.ledger.time().timestamp() * 1000, abs=60_000)


def test_a_flood_of_malformed_messages_is_announced_once(system: System) -> None:
    worker = system.worker()

    for _ in range(20):
        system.broker.lpush(QUEUE, b"hello")

    wait_until(lambda: len(letters(system)) == 20, WITHIN, "20 dead letters", logs=[worker.log])
    messages = messages_of(system.client)
    announced = [message for message in messages if message.number == Number.DEAD_LETTER]
    assert [message.connector for message in announced] == ["one"]
    assert announced[0].text == "A message could not be read: not-json"


def test_dates_and_limits_in_a_doorbell_are_ignored(system: System) -> None:
    system.worker()
    ring = system.insert("in time")
    message = json.loads(
        doorbell_bytes(ring.job_id, Kind.ECHO, service=Service.DISCOVERY, connector="one", ring=ring.ring)
    )
    message["headers"] |= {
        "eta": "2999-01-01T00:00:00+00:00",
        "expires": "2001-01-01T00:00:00+00:00",
        "timelimit": [0.001, 0.001],
        "retries": 99,
        "group": "g",
        "argsrepr": "somebody@example.test",
    }
    message["properties"] |= {"reply_to": "elsewhere", "priority": 9}

    system.broker.lpush(QUEUE, json.dumps(message))

    assert system.settled(ring.job_id).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize("raw", [b"hello", b"[1]", b"{}", b'{"body": "x"}', b'{"properties": 1, "body": "e30="}'])
def test_a_malformed_control_message_does_not_stop_the_worker(system: System, raw: bytes) -> None:
    worker = system.worker()

    # A worker is ready a moment before it listens to control messages.
    wait_until(lambda: system.broker.publish("/0.celery.pidbox", raw) == 1, WITHIN, "a listener", logs=[worker.log])

    assert system.settled(system.echo()).outcome == Outcome.SUCCEEDED
    assert worker.exit_code is None


def test_a_dead_letter_waits_for_the_ledger_server(system: System, tmp_path: Path) -> None:
    with RestartableValkey(tmp_path / "ledger") as ledger_server:
        with contextlib.closing(ledger_server.client()) as client:
            client.hset(keys.CONNECTORS, "one", json.dumps({"name": "one", "state": "installed"}))
        worker = system.worker(EXCONN_LEDGER_URL=ledger_server.url)
        ledger_server.kill()
        system.broker.lpush(QUEUE, b"hello")
        worker.wait_until(lambda: "dead letter not kept yet" in worker.log.read_text(), WITHIN, "missing the ledger")

        ledger_server.start()

        with contextlib.closing(ledger_server.client()) as client:
            worker.wait_until(lambda: client.xlen(keys.DEAD_LETTERS) == 1, WITHIN, "keeping the dead letter")
