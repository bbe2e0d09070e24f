"""A doorbell is a Celery message that Celery itself would have made, and carries a job id alone."""

import base64
import json
from typing import Any

import pytest
from celery import Celery

from exconn.contracts import KINDS, Kind, Service, doorbell_bytes, queue_of, task_id

JOB = "wipe-aaaaaaaaaaaaaaaa"


def message(**changes: Any) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        doorbell_bytes(JOB, Kind.WIPE, **{"service": Service.ACTIONS, "connector": "hq", "ring": 3, **changes})
    )
    return found


def test_it_carries_the_job_id_and_nothing_else() -> None:
    body = base64.b64decode(str(message()["body"]))

    arguments, keywords, embedded = json.loads(body)

    assert (arguments, keywords) == ([JOB], {})
    assert set(embedded.values()) == {None}


@pytest.mark.parametrize("kind", Kind)
def test_it_names_the_task_of_its_kind(kind: Kind) -> None:
    found = json.loads(doorbell_bytes(JOB, kind, service=Service.ACTIONS, connector="hq", ring=1))

    assert found["headers"]["task"] == KINDS[kind].task


@pytest.mark.parametrize("job_id", ["wipe-%(id)s-100%", 'wipe-"quoted"\\', "wipe-<body>", "wipe-ä'\n"])
@pytest.mark.parametrize("connector", ["hq", "100%s"])
def test_whatever_its_id_and_queue_are_called_they_arrive_as_they_are(job_id: str, connector: str) -> None:
    found = json.loads(doorbell_bytes(job_id, Kind.WIPE, service=Service.ACTIONS, connector=connector, ring=1))

    headers, properties = found["headers"], found["properties"]
    assert json.loads(base64.b64decode(found["body"]))[0] == [job_id]
    assert {headers["id"], headers["root_id"], properties["correlation_id"]} == {task_id(job_id, 1)}
    assert headers["argsrepr"] == repr((job_id,))
    assert properties["delivery_info"]["routing_key"] == f"exconn.actions.{connector}"


def test_its_task_id_names_the_job_and_the_ring() -> None:
    headers = message()["headers"]

    assert isinstance(headers, dict)
    assert headers["id"] == headers["root_id"] == task_id(JOB, 3) == f"{JOB}:3"


def test_two_rings_differ_in_task_id_and_delivery_tag() -> None:
    first, second = message(ring=1), message(ring=2)

    assert first["headers"] != second["headers"]
    assert first["properties"]["delivery_tag"] != second["properties"]["delivery_tag"]  # type: ignore[index]


def test_it_is_addressed_to_the_queue_of_its_service_and_connector() -> None:
    properties = message()["properties"]

    assert isinstance(properties, dict)
    assert properties["delivery_info"]["routing_key"] == queue_of(Service.ACTIONS, "hq") == "exconn.actions.hq"


def test_it_has_every_field_that_celery_s_own_message_has_or_a_reason_not_to() -> None:
    celery = Celery(set_as_current=False, broker="memory://")
    own = celery.amqp.as_task_v2(task_id(JOB, 3), KINDS[Kind.WIPE].task, args=(JOB,), kwargs={}, ignore_result=True)
    #: Options that a doorbell never uses: Celery reads a missing one as none.
    unused = {"shadow", "eta", "expires", "group", "group_index", "timelimit", "stamped_headers", "stamps"}
    unused |= {"replaced_task_nesting"}

    headers = message()["headers"]

    assert isinstance(headers, dict)
    assert set(own.headers) - set(headers) <= unused
    assert {name: headers[name] for name in ("task", "id", "root_id", "parent_id", "retries", "ignore_result")} == {
        name: own.headers[name] for name in ("task", "id", "root_id", "parent_id", "retries", "ignore_result")
    }
    assert json.loads(base64.b64decode(str(message()["body"]))) == json.loads(json.dumps(own.body))
