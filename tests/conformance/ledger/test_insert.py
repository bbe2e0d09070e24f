"""A request that comes twice is one job; a device has one open action."""

import pytest

from exconn.contracts import HoldReason
from exconn.ledger import IdempotencyMismatchError, OpenActionError, State
from tests.conformance.ledger.scene import Scene, a_wipe

PHONE = "11111111-2222-3333-4444-555555555555"
OTHER_PHONE = "66666666-7777-8888-9999-000000000000"


def test_the_same_key_and_digest_answer_with_the_same_job(scene: Scene) -> None:
    first = scene.ledger.insert(a_wipe("nonce", idempotency_digest="d1"))

    second = scene.ledger.insert(a_wipe("nonce", idempotency_digest="d1"))

    assert (first.created, first.state, first.ring) == (True, "queued", 1)
    assert (second.job_id, second.created, second.ring) == (first.job_id, False, 0)
    assert len(scene.messages(first.job_id)) == 1
    assert scene.ledger.unsettled("hq") == {first.job_id}


def test_the_same_key_with_other_content_is_refused_and_names_the_first_job(scene: Scene) -> None:
    first = scene.ledger.insert(a_wipe("nonce", idempotency_digest="d1"))

    with pytest.raises(IdempotencyMismatchError) as refused:
        scene.ledger.insert(a_wipe("nonce", idempotency_digest="d2"))

    assert refused.value.job_id == first.job_id
    assert scene.ledger.unsettled("hq") == {first.job_id}


def test_the_same_key_answers_with_the_state_that_the_job_has_by_now(scene: Scene) -> None:
    job = scene.ledger.insert(a_wipe("nonce")).job_id
    scene.ledger.settle(scene.claim(job), "succeeded")

    again = scene.ledger.insert(a_wipe("nonce"))

    assert (again.job_id, again.created, again.state) == (job, False, "settled")


def test_a_second_action_on_a_device_is_refused_and_names_the_open_one(scene: Scene) -> None:
    first = scene.insert(device=PHONE)

    with pytest.raises(OpenActionError) as refused:
        scene.insert(device=PHONE)

    assert refused.value.open_job == first
    assert scene.ledger.unsettled("hq") == {first}


def test_the_same_request_is_answered_even_while_its_own_action_is_open(scene: Scene) -> None:
    first = scene.ledger.insert(a_wipe("nonce", device=PHONE))

    assert scene.ledger.insert(a_wipe("nonce", device=PHONE)).job_id == first.job_id


def test_an_action_leaves_the_open_index_only_at_its_end(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(device=PHONE)
    scene.ledger.begin(lease)
    scene.ledger.hold(lease, HoldReason.UNDELIVERED)
    with pytest.raises(OpenActionError):
        scene.insert(device=PHONE)
    scene.ledger.retry(lease.job_id, by="boss")

    scene.ledger.settle(scene.claim(lease.job_id), "gone")

    assert scene.state(scene.insert(device=PHONE)) is State.QUEUED


def test_a_cancelled_action_makes_room_for_the_next(scene: Scene) -> None:
    scene.ledger.cancel(scene.insert(device=PHONE), by="boss")

    assert scene.state(scene.insert(device=PHONE)) is State.QUEUED


def test_other_devices_do_not_stand_in_the_way(scene: Scene) -> None:
    scene.insert(device=PHONE)

    assert scene.state(scene.insert(device=OTHER_PHONE)) is State.QUEUED
    assert scene.state(scene.insert(device=None)) is State.QUEUED


def test_a_job_is_read_back_as_it_was_made(scene: Scene) -> None:
    until = scene.ledger.time().replace(microsecond=0)
    job_id = scene.insert(device=PHONE, revision=7, payload='{"kind":"wipe"}', valid_until=until, requester="hr")

    job = scene.job(job_id)

    assert (job.kind, job.connector, job.service, job.phase) == ("wipe", "hq", "actions", "accepted")
    assert (job.device, job.revision, job.requester) == (PHONE, 7, "hr")
    assert (job.payload, job.valid_until) == ('{"kind":"wipe"}', until)
    assert (job.tries, job.crashes, job.begun, job.cancel) == (0, 0, 0, False)


def test_a_job_and_its_first_doorbell_are_one_round_trip_where_one_server_has_both(scene: Scene) -> None:
    inserted = scene.ledger.insert(a_wipe("nonce"), lambda job_id, _: ("queue", job_id.encode()))

    assert scene.client.lrange("queue", 0, -1) == [inserted.job_id]
    assert inserted.ring == 0


def test_a_doorbell_that_could_not_be_rung_with_the_insert_is_left_to_the_caller(scene: Scene) -> None:
    scene.client.set("queue", "no list")

    inserted = scene.ledger.insert(a_wipe("nonce"), lambda job_id, _: ("queue", job_id.encode()))

    assert (inserted.created, inserted.ring) == (True, 1)
