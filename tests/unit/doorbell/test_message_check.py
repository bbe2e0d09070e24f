"""The guard's pure half: what passes is clean, and nothing passes by accident."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.contracts import KINDS, SUBMIT_TASK, Kind, Service, doorbell_bytes
from exconn.doorbell.message_check import Poison, Reason, Shape, admitted, doorbells, texts
from exconn.doorbell.transport import MAX_REQUEST, tasks_of

JOB = "wipe-abcdefghijklmnop"
QUEUE = "exconn.actions.one"
ACTIONS = doorbells(tasks_of(Service.ACTIONS))
REQUESTS = texts(SUBMIT_TASK, largest=MAX_REQUEST)


def reason_of(raw: bytes, shape: Shape = ACTIONS) -> Reason | None:
    try:
        admitted(raw, QUEUE, shape)
    except Poison as exc:
        return exc.reason
    return None


def bell(kind: Kind = Kind.WIPE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(doorbell_bytes(JOB, kind, service=Service.ACTIONS, connector="one", ring=3))
    return found


def request(text: Any, **headers: Any) -> bytes:
    """As a Celery client of another language sends it."""
    body = base64.b64encode(json.dumps([[text], {}, {}]).encode()).decode()
    return json.dumps(
        {
            "body": body,
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"lang": "js", "task": SUBMIT_TASK, "id": "6c1e2bd2-2ad6-4a4c-a0f1-5a3f3a3b2a11", **headers},
            "properties": {"body_encoding": "base64", "delivery_tag": "t", "delivery_info": {}},
        }
    ).encode()


def test_a_doorbell_passes_with_its_job_id_and_task_id() -> None:
    clean = json.loads(admitted(json.dumps(bell()).encode(), QUEUE, ACTIONS))

    assert json.loads(base64.b64decode(clean["body"])) == [[JOB], {}, {}]
    assert clean["headers"]["task"] == "exconn.actions.wipe"
    assert clean["headers"]["id"] == f"{JOB}:3"
    assert clean["properties"]["delivery_info"]["routing_key"] == QUEUE


def test_every_kind_passes_at_its_own_service_and_only_there() -> None:
    for kind, row in KINDS.items():
        raw = json.dumps(bell(kind)).encode()
        for service in Service:
            passes = reason_of(raw, doorbells(tasks_of(service))) is None
            assert passes == (service is row.service or kind is Kind.ECHO)


def test_nothing_else_of_a_message_passes() -> None:
    message = bell()
    message["headers"] |= {
        "argsrepr": "somebody@example.test",
        "kwargsrepr": "somebody@example.test",
        "eta": "2999-01-01T00:00:00+00:00",
        "shadow": "somebody@example.test",
        "origin": "somebody@example.test",
        "stamps": {"a": "somebody@example.test"},
    }
    message["properties"] |= {"reply_to": "somebody@example.test", "delivery_tag": "taken"}

    clean = admitted(json.dumps(message).encode(), QUEUE, ACTIONS)

    assert b"somebody" not in clean
    assert b"eta" not in clean
    assert b"taken" not in clean


def test_a_request_passes_whoever_sent_it_and_shows_nothing_of_its_text() -> None:
    clean = json.loads(admitted(request('{"envelope": 1}'), "exconn.requests", REQUESTS))

    assert json.loads(base64.b64decode(clean["body"]))[0] == ['{"envelope": 1}']
    assert clean["headers"]["argsrepr"] == "(...)"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (request({"not": "text"}), Reason.BAD_ARGUMENTS),
        (request("x", task="exconn.actions.wipe"), Reason.UNKNOWN_TASK),
        (request("x", id="a\nb"), Reason.NO_ID),
        (request("x", id="é"), Reason.NO_ID),
        (request("x", id="x" * 129), Reason.NO_ID),
        (request("x" * MAX_REQUEST), Reason.TOO_LARGE),
    ],
)
def test_a_request_of_another_shape_does_not_pass(raw: bytes, reason: Reason) -> None:
    assert reason_of(raw, REQUESTS) is reason


@given(st.binary(max_size=300))
def test_random_bytes_are_poison(raw: bytes) -> None:
    assert reason_of(raw) is not None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(part=st.sampled_from(["body", "content-type", "headers", "properties"]), value=_json)
def test_any_part_replaced_by_any_json_is_poison_or_harmless(part: str, value: Any) -> None:
    message = bell() | {part: value}

    try:
        clean = json.loads(admitted(json.dumps(message).encode(), QUEUE, ACTIONS))
    except Poison:
        return

    assert json.loads(base64.b64decode(clean["body"])) == [[JOB], {}, {}]


@given(body=_json)
def test_any_json_as_the_body_is_poison(body: Any) -> None:
    message = bell() | {"body": base64.b64encode(json.dumps(body).encode()).decode()}

    assert reason_of(json.dumps(message).encode()) in (Reason.BAD_BODY, Reason.BAD_ARGUMENTS)
