"""A claim that only looks says nothing, unless it has lasted; whatever a person does is said again."""

from datetime import timedelta

import pytest

from exconn.contracts import HoldReason, WaitReason
from exconn.ledger import Lease
from exconn.stream import Number
from tests.conformance.ledger.scene import Scene

AT_ONCE = timedelta(0)


def numbers(scene: Scene, job_id: str) -> list[int]:
    return [message.number for message in scene.messages(job_id)]


def put_off(scene: Scene, lease: Lease) -> None:
    scene.ledger.defer(lease, AT_ONCE, reason=WaitReason.DEVICE_SILENT)


def looking(scene: Scene) -> Lease:
    """A job in the hands of a worker that has put it off once before."""
    job_id = scene.insert()
    put_off(scene, scene.claim(job_id))
    return scene.claim(job_id)


def test_the_first_claim_is_said_and_later_ones_are_not(scene: Scene) -> None:
    lease = looking(scene)
    put_off(scene, lease)

    assert numbers(scene, lease.job_id) == [Number.JOB_QUEUED, Number.JOB_CLAIMED, Number.JOB_WAITING]
    assert scene.job(lease.job_id).looks == 2


def test_a_look_that_lasts_is_said_once_to_be_work(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = looking(scene)
    assert scene.ledger.renew(lease)
    monkeypatch.setattr("exconn.ledger.ledger.LOOK_LASTS", AT_ONCE)

    assert scene.ledger.renew(lease)
    assert scene.ledger.renew(lease)

    said = scene.messages(lease.job_id)
    assert [message.number for message in said][2:] == [Number.JOB_WAITING, Number.JOB_CLAIMED]
    assert (said[-1].state, said[-1].epoch) == ("claimed", lease.epoch)


def test_a_long_look_at_what_has_begun_says_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = scene.insert()
    begun = scene.claim(job_id)
    scene.ledger.begin(begun)
    put_off(scene, begun)
    lease = scene.claim(job_id)
    monkeypatch.setattr("exconn.ledger.ledger.LOOK_LASTS", AT_ONCE)

    assert scene.ledger.renew(lease)

    assert numbers(scene, job_id)[-1] == Number.JOB_WAITING


def test_after_a_person_s_word_the_same_wait_is_said_again(scene: Scene) -> None:
    lease = looking(scene)
    put_off(scene, lease)
    scene.ledger.retry(lease.job_id, by="boss")

    put_off(scene, scene.claim(lease.job_id))

    last = [Number.JOB_WAITING, Number.JOB_RELEASED, Number.JOB_CLAIMED, Number.JOB_WAITING]
    assert numbers(scene, lease.job_id)[-4:] == last


def test_a_worker_that_is_lost_while_it_looks_is_said_and_so_is_its_successor(scene: Scene) -> None:
    job_id = scene.insert()
    put_off(scene, scene.claim(job_id))
    scene.crash(job_id)

    scene.claim(job_id)

    assert numbers(scene, job_id)[-2:] == [Number.WORKER_LOST, Number.JOB_CLAIMED]


def test_a_failure_that_goes_on_is_said_when_its_count_doubles(scene: Scene) -> None:
    job_id = scene.insert()
    said = []
    for _ in range(40):
        before = len(scene.messages(job_id))
        scene.ledger.defer(scene.claim(job_id), AT_ONCE, reason=WaitReason.UNREACHABLE, failed=True)
        if numbers(scene, job_id)[before:].count(Number.JOB_WAITING):
            said.append(scene.job(job_id).failures)

    assert said == [1, 2, 4, 8, 16, 32]
    assert scene.messages(job_id)[-1].data["failures"] == 32


def test_a_look_at_a_held_job_says_what_it_finds_only_when_that_is_another_reason(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.hold(lease, HoldReason.UNDELIVERED)
    said = numbers(scene, lease.job_id)

    assert scene.ledger.look_again(lease.job_id)
    scene.ledger.hold(scene.claim(lease.job_id), HoldReason.UNDELIVERED)
    assert numbers(scene, lease.job_id) == said
    scene.ledger.look_again(lease.job_id)
    scene.ledger.hold(scene.claim(lease.job_id), HoldReason.NO_STATISTICS)

    assert numbers(scene, lease.job_id) == [*said, Number.JOB_HELD]
