"""Every message that a request brings about says which request it was; refused ones leave a bounded trace."""

import hashlib
import json

import pytest
import redis

from exconn.contracts.request import Envelope, RequestKind, Target
from exconn.intake.admit import admit
from exconn.intake.receive import Receiver
from exconn.keyspace import keys
from exconn.ledger.refused_requests import MANY, MOST_KEPT, RefusedRequests
from exconn.signing import new_signing_key, sign
from exconn.stream import Number, StatusMessage
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.signed import request_of
from tests.support.streams.records import messages_of


class NoBell:
    """Nothing is rung in these tests."""

    def ring(self, *_: object) -> None:
        raise AssertionError("rung")


def sent(scene: IntakeScene, envelope: Envelope, *, source: str = "http") -> list[StatusMessage]:
    """The messages that came of it."""
    before = len(messages_of(scene.client))
    answer = admit(envelope.model_dump_json(), scene.context, source=source).answer
    assert answer.status == "accepted", answer
    return messages_of(scene.client)[before:]


def cause(message: StatusMessage) -> object:
    return message.data.get("request")


def test_a_job_and_what_is_asked_about_it_say_reason_key_digest_and_source(scene: IntakeScene) -> None:
    envelope = sign(request_of(reason="phone of a visitor"), ANNA)

    (queued,) = sent(scene, envelope)

    digest = hashlib.sha256(envelope.signed_bytes()).hexdigest()
    said = {"digest": digest, "key": ANNA.id, "reason": "phone of a visitor", "source": "http"}
    assert cause(queued) == said
    scene.hold(queued.job)
    assert cause(messages_of(scene.client)[-1]) is None
    asked = request_of(
        RequestKind.RELEASE, target=scene.brake_target(queued.job), requester="bert", reason="looked at it"
    )
    (released,) = sent(scene, sign(asked, BERT), source="celery")
    assert (released.number, released.by) == (Number.JOB_RELEASED, "bert")
    assert cause(released) == {
        "digest": hashlib.sha256(sign(asked, BERT).signed_bytes()).hexdigest(),
        "key": BERT.id,
        "reason": "looked at it",
        "source": "celery",
    }
    asked = request_of(RequestKind.JOB_CANCEL, target=Target(jobs=(queued.job,)), reason="found again")
    assert [json.dumps(cause(message)).count("found again") for message in sent(scene, sign(asked, ANNA))] == [1]


@pytest.mark.parametrize("kind", [RequestKind.PAUSE, RequestKind.RESUME])
def test_the_kill_switch_says_why(scene: IntakeScene, kind: RequestKind) -> None:
    sent(scene, sign(request_of(RequestKind.PAUSE), ANNA))

    told = sent(scene, sign(request_of(kind, reason="drill"), ANNA))

    assert [message.data["request"]["reason"] for message in told] == ["drill"]  # type: ignore[index]


def test_a_change_of_a_connector_says_why(scene: IntakeScene) -> None:
    told = sent(scene, sign(request_of(RequestKind.CONNECTOR_REMOVE, reason="moved away"), ANNA))

    assert [(message.number, message.data["request"]["reason"]) for message in told] == [  # type: ignore[index]
        (Number.CONNECTOR_REMOVED, "moved away")
    ]


def test_what_a_request_brings_about_ends_with_it(scene: IntakeScene) -> None:
    sent(scene, sign(request_of(RequestKind.PAUSE, reason="drill"), ANNA))
    scene.ledger.resume("north", by="anna")

    assert cause(messages_of(scene.client)[-1]) is None


@pytest.mark.slow
def test_600_forged_requests_are_one_message_a_count_and_their_newest_records(scene: IntakeScene) -> None:
    stranger = new_signing_key()
    receiver = Receiver(scene.context, NoBell())  # type: ignore[arg-type]

    for _ in range(600):
        assert receiver.receive(sign(request_of(), stranger).model_dump_json(), way="http").error == "unknown_key"

    refused = RefusedRequests(scene.client)
    lately = refused.lately()
    assert lately is not None
    assert lately.count == 600
    assert refused.counts() == {"unknown_key": 600}
    told = [message for message in messages_of(scene.client) if message.number == Number.REQUESTS_REFUSED]
    assert [message.data for message in told] == [{"count": MANY, "minutes": 60}]
    newest = refused.newest(1)[0]
    assert (newest["key"], newest["fault"], newest["source"]) == (stranger.id, "unknown_key", "http")


def test_records_of_refused_requests_do_not_fill_the_server(redis_client: redis.Redis, scene: IntakeScene) -> None:
    receiver = Receiver(scene.context, NoBell())  # type: ignore[arg-type]

    for _ in range(MOST_KEPT + 5):
        receiver.receive("{}", way="celery")

    assert redis_client.llen(keys.REFUSED) == MOST_KEPT


def test_a_known_requester_who_may_not_is_counted_and_leaves_no_record(scene: IntakeScene) -> None:
    receiver = Receiver(scene.context, NoBell())  # type: ignore[arg-type]

    receiver.receive(sign(request_of(connector="nowhere", kind=RequestKind.PAUSE), ANNA).model_dump_json(), way="http")

    assert RefusedRequests(scene.client).counts() == {"unknown_connector": 1}
    assert RefusedRequests(scene.client).newest(5) == []
