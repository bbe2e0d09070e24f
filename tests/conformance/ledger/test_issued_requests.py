"""A request is issued for one action, and not after its end, whatever else stands in the ledger."""

from datetime import timedelta

import pytest
import redis

from exconn.contracts import RefuseReason, Service
from exconn.contracts.request import VALID_WITHIN
from exconn.keyspace import keys
from exconn.ledger import Lease, Outcome, Proven, State, Stopped
from exconn.stream import Number
from exconn.stream.cause import RequestCause, caused_by
from tests.conformance.ledger.scene import CONNECTOR, Scene

REQUEST = Proven(request="0a1b2c")
KEY = keys.issued(CONNECTOR, REQUEST.request)


@pytest.fixture
def scene(redis_client: redis.Redis) -> Scene:
    made = Scene(redis_client)
    made.resume()
    return made


def begun(scene: Scene) -> Lease:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease, proven=REQUEST)
    return lease


def refused(scene: Scene, lease: Lease) -> dict[str, object]:
    """What is said of an action that may not begin as its request was issued."""
    with pytest.raises(Stopped, match=f"refused.*{RefuseReason.NOT_AS_SIGNED}"):
        scene.ledger.begin(lease, proven=REQUEST)
    last = scene.messages(lease.job_id)[-1]
    assert (scene.job(lease.job_id).begun, last.number) == (0, Number.JOB_REFUSED)
    return dict(last.data)


def test_the_same_action_may_begin_again(scene: Scene) -> None:
    lease = begun(scene)

    scene.ledger.begin(lease, proven=REQUEST)

    assert scene.job(lease.job_id).begun == 2


def test_an_action_that_denies_that_it_has_begun_asks_a_person(scene: Scene) -> None:
    """Who may write jobs writes that it never did."""
    lease = begun(scene)
    scene.client.hset(keys.job(lease.job_id), mapping={"begun": 0, "phase": "accepted"})

    with pytest.raises(Stopped, match="unproven"):
        scene.ledger.begin(lease, proven=REQUEST)

    job, last = scene.job(lease.job_id), scene.messages(lease.job_id)[-1]
    assert (job.state, job.begun) == (State.HELD, 1)
    assert (last.data["part"], last.data["job"]) == ("nonce", lease.job_id)
    assert scene.client.zcard(keys.expiring(Service.ACTIONS, CONNECTOR)) == 0


def test_an_action_that_has_ended_and_denies_that_it_began_is_refused(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.settle(lease, Outcome.SUCCEEDED, request=REQUEST.request)
    scene.client.hset(
        keys.job(lease.job_id),
        mapping={"state": "claimed", "begun": 0, "phase": "accepted", "token": lease.token, "lease": 10**15},
    )

    refused(scene, lease)


def test_another_action_for_the_same_request_is_refused_and_names_the_first(scene: Scene) -> None:
    first = begun(scene)

    said = refused(scene, scene.inserted_and_claimed())

    assert (said["part"], said["job"]) == ("nonce", first.job_id)


def test_nothing_is_issued_for_a_request_whose_action_has_ended(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.settle(lease, Outcome.SUCCEEDED, request=REQUEST.request)

    refused(scene, scene.inserted_and_claimed())


def test_an_action_that_seems_to_have_begun_and_whose_request_was_issued_for_another_asks_a_person(
    scene: Scene,
) -> None:
    begun(scene)
    twin = scene.inserted_and_claimed()
    scene.client.hset(keys.job(twin.job_id), "begun", 1)

    with pytest.raises(Stopped, match="unproven"):
        scene.ledger.begin(twin, proven=REQUEST)

    assert scene.state(twin.job_id) is State.HELD


def test_what_was_issued_is_known_for_longer_than_any_request_is_valid(scene: Scene) -> None:
    lease = begun(scene)
    longest = VALID_WITHIN.total_seconds() * 1000

    assert scene.client.pttl(KEY) > longest
    scene.ledger.settle(lease, Outcome.SUCCEEDED, request=REQUEST.request)
    assert scene.client.pttl(KEY) > longest


def test_what_is_stopped_leaves_its_request_unissued(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.pause(CONNECTOR, by="boss")
    with pytest.raises(Stopped, match="paused"):
        scene.ledger.begin(lease, proven=REQUEST)

    assert scene.client.exists(KEY) == 0


def test_taking_back_does_not_ask_whether_the_request_was_issued(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.defer(lease, timedelta(0), phase="issued")
    scene.ledger.begin(scene.claim(lease.job_id), purpose="withdraw", phase="cancelling")

    assert scene.job(lease.job_id).begun == 2


def test_what_a_worker_proves_of_a_request_is_not_told_as_the_cause_of_what_it_does(scene: Scene) -> None:
    lease = begun(scene)
    scene.ledger.settle(lease, Outcome.SUCCEEDED, request=REQUEST.request)

    assert [message.number for message in scene.messages(lease.job_id) if "request" in message.data] == []


def test_a_cause_that_is_told_takes_not_the_place_of_what_a_worker_proves(scene: Scene) -> None:
    told = {"digest": "d1", "key": "k1", "reason": "lost in a taxi", "source": "http"}
    cause = RequestCause(**told)
    lease = scene.inserted_and_claimed()
    with caused_by(cause):
        scene.ledger.begin(lease, proven=REQUEST)

    assert scene.client.exists(KEY) == 1
    assert scene.messages(lease.job_id)[-1].data["request"] == told
