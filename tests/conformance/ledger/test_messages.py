"""What happened and what is recorded cannot differ: each change has its message, in the same call, numbered."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from exconn.contracts import HoldReason, WaitReason
from exconn.ledger import Lease
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene

LATER = timedelta(minutes=1)


def numbers(scene: Scene, job_id: str) -> list[int]:
    return [message.number for message in scene.messages(job_id)]


def test_the_sequence_has_no_gap_from_the_first_message_to_the_last(scene: Scene) -> None:
    for _ in range(3):
        lease = scene.inserted_and_claimed()
        scene.ledger.begin(lease)
        scene.ledger.defer(lease, timedelta(0), phase="issued", number=Number.WIPE_ISSUED)
        scene.ledger.settle(scene.claim(lease.job_id), "succeeded")
    scene.ledger.pause(CONNECTOR, by="boss")
    scene.ledger.announce(Number.CONNECTOR_ARMED, connector=CONNECTOR, by="boss", data={"feature": "actions"})

    sequence = [message.sequence for message in scene.messages()]

    assert sequence == list(range(1, len(sequence) + 1))


def test_the_life_of_a_wipe_reads_as_its_messages(scene: Scene) -> None:
    job_id = scene.insert()
    lease = scene.claim(job_id)
    scene.ledger.begin(lease)
    scene.ledger.defer(lease, timedelta(0), phase="issued", number=Number.WIPE_ISSUED)
    scene.ledger.settle(scene.claim(job_id), "succeeded", phase="acknowledged", number=Number.WIPE_ACKNOWLEDGED)

    lived = [(message.number, message.state, message.phase) for message in scene.messages(job_id)]

    assert lived == [
        (Number.JOB_QUEUED, "queued", "accepted"),
        (Number.JOB_CLAIMED, "claimed", "accepted"),
        (Number.ISSUING, "claimed", "issuing"),
        (Number.WIPE_ISSUED, "waiting", "issued"),
        (Number.WIPE_ACKNOWLEDGED, "settled", "acknowledged"),
    ]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("begin", Number.ISSUING),
        ("settle", Number.JOB_SUCCEEDED),
        ("defer", Number.JOB_WAITING),
        ("hold", Number.JOB_HELD),
        ("await_children", Number.PARTITIONS_SEALED),
    ],
)
def test_a_worker_s_write_appends_one_message_that_tells_the_state_it_left(
    scene: Scene, call: str, number: Number
) -> None:
    lease = scene.inserted_and_claimed()
    before = len(scene.messages())

    calls: dict[str, Callable[[Lease], object]] = {
        "begin": scene.ledger.begin,
        "settle": lambda held: scene.ledger.settle(held, "succeeded"),
        "defer": lambda held: scene.ledger.defer(held, LATER),
        "hold": lambda held: scene.ledger.hold(held, HoldReason.NO_MAILBOX),
        "await_children": scene.ledger.await_children,
    }
    calls[call](lease)

    new = scene.messages()[before:]
    assert [(message.number, message.job, message.by) for message in new] == [(number, lease.job_id, "one")]
    assert new[0].state == scene.state(lease.job_id)
    assert new[0].epoch == lease.epoch


def test_a_job_s_first_message_names_what_it_is_about(scene: Scene) -> None:
    job_id = scene.insert(device="11111111-2222-3333-4444-555555555555", revision=7)

    (message,) = scene.messages(job_id)

    assert (message.connector, message.kind, message.by) == (CONNECTOR, "wipe", "intake")
    assert message.data["device"] == "11111111-2222-3333-4444-555555555555"
    assert message.data["requester"] == "desk"
    assert message.data["revision"] in (7, "7")


def test_a_deferred_job_s_message_tells_when_it_is_due_and_why(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()

    scene.ledger.defer(lease, LATER, reason=WaitReason.NO_SEAT)

    message = scene.messages(lease.job_id)[-1]
    due = scene.job(lease.job_id).due
    assert due is not None
    assert message.data == {"reason": "no_seat", "looks": 1, "due": int(due.timestamp() * 1000)}


@pytest.mark.parametrize(("second", "said"), [("pair one", 0), ("pair two", 1)])
def test_a_look_that_holds_a_job_for_something_else_to_release_says_so(scene: Scene, second: str, said: int) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.hold(lease, HoldReason.PARTNERSHIP_DIFFERS, subject="pair one", data={"pair": "pair one"})
    before = len(scene.messages(lease.job_id))
    scene.ledger.look_again(lease.job_id)

    scene.ledger.hold(scene.claim(lease.job_id), HoldReason.PARTNERSHIP_DIFFERS, subject=second, data={"pair": second})

    assert [message.data["pair"] for message in scene.messages(lease.job_id)[before:]] == [second] * said


def test_a_wait_after_a_long_outage_is_said_as_soon_as_the_failures_end(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.defer(lease, timedelta(0), reason=WaitReason.DEVICE_SILENT)
    for _ in range(20):
        scene.ledger.defer(scene.claim(lease.job_id), timedelta(0), reason=WaitReason.UNREACHABLE, failed=True)

    scene.ledger.defer(scene.claim(lease.job_id), timedelta(0), reason=WaitReason.DEVICE_SILENT)

    assert scene.messages(lease.job_id)[-1].data["reason"] == WaitReason.DEVICE_SILENT


def test_a_job_that_goes_on_after_the_kill_switch_is_not_shown_as_stopped_by_it(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    for _ in range(3):
        scene.ledger.defer(lease, timedelta(0), reason=WaitReason.NO_SEAT)
        scene.ledger.pause(CONNECTOR, by="boss")
        assert scene.ledger.claim(lease.job_id, "one") is None
        scene.resume()
        scene.wait_past(lease.job_id)
        lease = scene.claim(lease.job_id)

    scene.ledger.defer(lease, timedelta(0), reason=WaitReason.NO_SEAT)

    assert scene.messages(lease.job_id)[-1].data["reason"] == WaitReason.NO_SEAT


def test_messages_carry_the_server_s_time(scene: Scene) -> None:
    before = scene.ledger.time()
    job_id = scene.insert()
    after = scene.ledger.time()

    (message,) = scene.messages(job_id)

    assert before - timedelta(milliseconds=1) <= message.at <= after


def test_a_refused_insert_leaves_no_message(scene: Scene) -> None:
    lease = Lease(job_id="wipe-aaaaaaaaaaaaaaaa", token="t", epoch=1, worker="one", deadline=0.0)
    before = len(scene.messages())

    assert not scene.ledger.renew(lease)

    assert len(scene.messages()) == before
