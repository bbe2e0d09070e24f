"""Requests that other systems send with plain Celery."""

import hashlib
import json
from datetime import timedelta

import pytest
import redis
from celery import Celery

from exconn.contracts import REQUESTS_QUEUE, SUBMIT_TASK, Answer
from exconn.intake.answer_store import AnswerStore
from exconn.keyspace import keys
from exconn.ledger import Ledger
from exconn.signing import new_signing_key, parse_public_key, sign
from exconn.signing.answer_signature import is_signed
from tests.support.machine.processes import wait_until
from tests.support.requests.signed import request_of
from tests.support.streams.records import records_of
from tests.support.system.intake import RunningIntake

SOON = timedelta(seconds=20)


@pytest.fixture
def sender(redis_url: str) -> Celery:
    """A stock Celery client, as another system would have it."""
    return Celery("another system", broker=redis_url, set_as_current=False)


def answer_to(client: redis.Redis, requester: str, nonce: str) -> Answer:
    return wait_until(lambda: AnswerStore(client).find(requester, nonce), SOON, f"the answer to {nonce}").answer


def test_request_from_the_queue_is_answered_at_its_own_key(
    intake: RunningIntake, sender: Celery, redis_client: redis.Redis
) -> None:
    request = request_of()
    envelope = sign(request, intake.keys["anna"]).model_dump_json()

    behind = request_of(connector="west")

    for text in (envelope, envelope, envelope, sign(behind, intake.keys["anna"]).model_dump_json()):
        sender.send_task(SUBMIT_TASK, (text,), queue=REQUESTS_QUEUE)

    answer = answer_to(redis_client, "anna", request.nonce)
    assert answer.status == "accepted"
    # Requests are taken one after another. An emptied queue says only that the last one has begun, and what is under
    # way when the server is emptied for the next test is a request in that one.
    answer_to(redis_client, "anna", behind.nonce)
    assert Ledger(redis_client).unsettled("north") == {answer.job}


def test_answer_that_lies_at_its_key_is_signed(
    intake: RunningIntake, sender: Celery, redis_client: redis.Redis
) -> None:
    request = request_of()
    envelope = sign(request, intake.keys["anna"])
    sender.send_task(SUBMIT_TASK, (envelope.model_dump_json(),), queue=REQUESTS_QUEUE)
    answer_to(redis_client, "anna", request.nonce)

    digest, _, rest = str(redis_client.get(f"exconn:answer:anna:{request.nonce}")).partition(" ")
    answer, _, signature = rest.partition("\n")

    assert json.loads(answer)["status"] == "accepted", answer
    assert digest == hashlib.sha256(envelope.signed_bytes()).hexdigest()
    assert is_signed(answer.encode(), digest, signature, parse_public_key(intake.public_key))


def test_refusal_is_answered_too(intake: RunningIntake, sender: Celery, redis_client: redis.Redis) -> None:
    request = request_of(connector="west")

    sender.send_task(SUBMIT_TASK, (sign(request, intake.keys["anna"]).model_dump_json(),), queue=REQUESTS_QUEUE)

    assert answer_to(redis_client, "anna", request.nonce).error == "unknown_connector"


def test_forged_request_gets_no_answer_and_the_next_good_one_is_served(
    intake: RunningIntake, sender: Celery, redis_client: redis.Redis
) -> None:
    forged = request_of()
    stranger = sign(forged, new_signing_key()).model_dump_json()
    for text in (stranger, "nonsense"):
        sender.send_task(SUBMIT_TASK, (text,), queue=REQUESTS_QUEUE)
    wrong: list[tuple[object, ...]] = [(), (1,), (["a"],), (stranger, "more"), ({"key": "k"},)]
    for arguments in wrong:
        sender.send_task(SUBMIT_TASK, arguments, queue=REQUESTS_QUEUE)
    sender.send_task(SUBMIT_TASK, (stranger,), {"also": 1}, queue=REQUESTS_QUEUE)

    good = request_of()
    sender.send_task(SUBMIT_TASK, (sign(good, intake.keys["anna"]).model_dump_json(),), queue=REQUESTS_QUEUE)

    answer = answer_to(redis_client, "anna", good.nonce)
    assert Ledger(redis_client).unsettled("north") == {answer.job}
    assert AnswerStore(redis_client).find("anna", forged.nonce) is None
    reasons = [fields["reason"] for _, fields in records_of(redis_client, keys.DEAD_LETTERS)]
    assert reasons == ["bad-arguments"] * 6


def test_celerys_own_tasks_do_nothing_here(intake: RunningIntake, sender: Celery, redis_client: redis.Redis) -> None:
    request = request_of()
    task = {"task": SUBMIT_TASK, "args": [sign(request, intake.keys["anna"]).model_dump_json()], "kwargs": {}}

    sender.send_task("celery.map", (), {"task": task, "it": [[]]}, queue=REQUESTS_QUEUE)
    good = request_of()
    sender.send_task(SUBMIT_TASK, (sign(good, intake.keys["anna"]).model_dump_json(),), queue=REQUESTS_QUEUE)

    answer_to(redis_client, "anna", good.nonce)
    assert AnswerStore(redis_client).find("anna", request.nonce) is None


def test_task_id_is_free_and_no_result_is_kept(
    intake: RunningIntake, sender: Celery, redis_client: redis.Redis
) -> None:
    request = request_of()

    sender.send_task(
        SUBMIT_TASK,
        (sign(request, intake.keys["anna"]).model_dump_json(),),
        queue=REQUESTS_QUEUE,
        task_id="their-own-id",
    )

    answer_to(redis_client, "anna", request.nonce)
    assert not redis_client.keys("celery-task-meta*")


def test_bytes_that_are_no_message_neither_stop_intake_nor_hide_the_next_request(
    intake: RunningIntake, sender: Celery, redis_client: redis.Redis
) -> None:
    for raw in ("", "nonsense", "1", "[]", "{}", '{"headers": {}, "body": 1}'):
        redis_client.lpush(REQUESTS_QUEUE, raw)
    request = request_of()

    sender.send_task(SUBMIT_TASK, (sign(request, intake.keys["anna"]).model_dump_json(),), queue=REQUESTS_QUEUE)

    assert answer_to(redis_client, "anna", request.nonce).status == "accepted"
    assert redis_client.xlen(keys.DEAD_LETTERS) == 6
    assert intake.process.exit_code is None
