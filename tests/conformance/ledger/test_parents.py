"""A parent waits for its parts: due only when its list is sealed and all of its own generation have settled."""

from datetime import timedelta

import pytest

from exconn.contracts import Checks, HoldReason, Kind, Service, WaitReason
from exconn.ledger import NewJob, OpenActionError, State, UnknownParentError
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene, a_wipe


def a_part(scene: Scene, parent: str, generation: int = 1) -> str:
    return scene.insert(
        kind=Kind.PARTITION,
        service=Service.DISCOVERY,
        checks=Checks.NONE,
        phase="",
        parent=parent,
        generation=generation,
    )


def end(scene: Scene, job_id: str, outcome: str = "succeeded") -> None:
    scene.ledger.settle(scene.claim(job_id), outcome)


def is_due(scene: Scene, job_id: str) -> bool:
    return scene.ledger.claim(job_id, "look") is not None


def test_a_parent_waits_until_its_last_part_has_settled(scene: Scene) -> None:
    sweep = scene.a_sweep()
    parts = [a_part(scene, sweep.job_id) for _ in range(3)]
    scene.ledger.await_children(sweep)

    for part in parts:
        assert not is_due(scene, sweep.job_id)
        end(scene, part)

    assert scene.job(sweep.job_id).pending == 0
    assert is_due(scene, sweep.job_id)


def test_a_parent_whose_parts_are_done_before_the_list_is_sealed_is_not_due(scene: Scene) -> None:
    sweep = scene.a_sweep()
    end(scene, a_part(scene, sweep.job_id))
    late = a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)
    assert scene.job(sweep.job_id).pending == 1

    assert not is_due(scene, sweep.job_id)
    end(scene, late)

    assert is_due(scene, sweep.job_id)


def test_a_sealed_list_ends_the_failures_in_a_row_that_came_before_it(scene: Scene) -> None:
    sweep = scene.a_sweep()
    scene.ledger.defer(sweep, timedelta(0), reason=WaitReason.UNREACHABLE, failed=True)
    sweep = scene.claim(sweep.job_id)

    scene.ledger.await_children(sweep)

    job = scene.job(sweep.job_id)
    assert (job.failures, job.reason) == (0, "")


def test_an_unsealed_parent_is_not_woken_at_zero(scene: Scene) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    scene.ledger.defer(sweep, timedelta(minutes=1))

    end(scene, part)

    assert not is_due(scene, sweep.job_id)


def test_a_parent_without_parts_is_due_at_once(scene: Scene) -> None:
    sweep = scene.a_sweep()

    scene.ledger.await_children(sweep, phase="listed")

    assert scene.job(sweep.job_id).phase == "listed"
    assert is_due(scene, sweep.job_id)


@pytest.mark.parametrize("outcome", ["failed", "gone", "cancelled", "expired"])
def test_a_part_counts_whatever_its_end(scene: Scene, outcome: str) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)

    end(scene, part, outcome)

    assert is_due(scene, sweep.job_id)


def test_a_cancelled_part_counts(scene: Scene) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)

    scene.ledger.cancel(part, by="boss")

    assert is_due(scene, sweep.job_id)


def test_a_part_that_a_person_would_have_to_look_at_fails_and_counts_as_unread(scene: Scene) -> None:
    sweep = scene.a_sweep()
    refused, read = a_part(scene, sweep.job_id), a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)

    scene.ledger.hold(scene.claim(refused), HoldReason.REFUSED_BY_EXCHANGE, data={"said": "no"})
    end(scene, read)

    part, message = scene.job(refused), scene.messages(refused)[-1]
    assert (part.state, part.outcome) == (State.SETTLED, "failed")
    assert (message.number, message.data["reason"], message.data["said"]) == (
        Number.JOB_FAILED,
        HoldReason.REFUSED_BY_EXCHANGE,
        "no",
    )
    assert scene.job(sweep.job_id).unread == 1
    assert is_due(scene, sweep.job_id)


def test_a_part_that_kills_three_workers_fails_and_its_parent_goes_on(scene: Scene) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)

    for _ in range(4):
        scene.crash(part)

    assert (scene.job(part).outcome, scene.job(part).data["reason"]) == ("failed", HoldReason.KILLS_ITS_WORKER)
    assert is_due(scene, sweep.job_id)


def test_a_list_that_begins_anew_has_read_everything_again(scene: Scene) -> None:
    sweep = scene.a_sweep()
    end(scene, a_part(scene, sweep.job_id), "failed")

    scene.ledger.restart_list(sweep)

    assert scene.job(sweep.job_id).unread == 0


def test_a_part_of_a_list_that_never_began_anew_is_worked_on(scene: Scene) -> None:
    sweep = scene.inserted_and_claimed(kind=Kind.SWEEP, service=Service.DISCOVERY, checks=Checks.NONE, phase="")

    assert scene.ledger.claim(a_part(scene, sweep.job_id, generation=0), "one") is not None


def test_a_restarted_list_has_a_new_generation_and_starts_at_zero(scene: Scene) -> None:
    sweep = scene.a_sweep()
    a_part(scene, sweep.job_id)

    generation = scene.ledger.restart_list(sweep)

    job = scene.job(sweep.job_id)
    assert (generation, job.own_generation, job.pending, job.sealed) == (2, 2, 0, False)
    assert scene.messages(sweep.job_id)[-1].number == Number.LIST_RESTARTED


def test_parts_of_an_older_list_settle_without_counting(scene: Scene) -> None:
    sweep = scene.a_sweep()
    older = [scene.claim(a_part(scene, sweep.job_id)) for _ in range(3)]
    scene.ledger.restart_list(sweep)
    newer = a_part(scene, sweep.job_id, generation=2)
    scene.ledger.await_children(sweep)

    for part in older:
        scene.ledger.settle(part, "succeeded")

    assert scene.job(sweep.job_id).pending == 1
    assert not is_due(scene, sweep.job_id)
    end(scene, newer)
    assert is_due(scene, sweep.job_id)


def test_a_part_for_a_device_takes_it_when_it_is_taken_in_and_not_when_it_is_refused(scene: Scene) -> None:
    sweep = scene.a_sweep()
    before = scene.everything()
    with pytest.raises(UnknownParentError):
        scene.insert(parent=sweep.job_id, generation=3, device="a phone")
    assert scene.everything() == before

    part = scene.insert(parent=sweep.job_id, generation=1, device="a phone")

    with pytest.raises(OpenActionError, match=part):
        scene.insert(device="a phone")


@pytest.mark.parametrize("generation", [0, 1, 3])
def test_a_part_of_another_generation_is_refused(scene: Scene, generation: int) -> None:
    sweep = scene.a_sweep()
    scene.ledger.restart_list(sweep)
    before = scene.everything()

    with pytest.raises(UnknownParentError):
        a_part(scene, sweep.job_id, generation)

    assert scene.everything() == before


def test_a_part_is_refused_once_the_list_is_sealed(scene: Scene) -> None:
    sweep = scene.a_sweep()
    a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)

    with pytest.raises(UnknownParentError):
        a_part(scene, sweep.job_id)

    assert scene.job(sweep.job_id).pending == 1


def test_a_settled_parent_takes_no_parts_and_does_not_come_back(scene: Scene) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)
    held = scene.claim(part)
    scene.ledger.cancel(sweep.job_id, by="boss")

    scene.ledger.settle(held, "succeeded")

    assert scene.state(sweep.job_id) is State.SETTLED
    assert scene.job(sweep.job_id).pending == 1
    with pytest.raises(UnknownParentError):
        a_part(scene, sweep.job_id)


def test_an_unknown_parent_takes_no_parts(scene: Scene) -> None:
    with pytest.raises(UnknownParentError):
        a_part(scene, "sweep-aaaaaaaaaaaaaaaa", generation=0)


def test_a_part_that_comes_twice_counts_once(scene: Scene) -> None:
    sweep = scene.a_sweep()
    for _ in range(2):
        scene.ledger.insert(part_of(sweep.job_id))
    scene.ledger.await_children(sweep)
    assert scene.job(sweep.job_id).pending == 1

    again = scene.ledger.insert(part_of(sweep.job_id))

    assert not again.created


def part_of(parent: str) -> NewJob:
    return a_wipe("part-1", kind=Kind.PARTITION, checks=Checks.NONE, parent=parent, generation=1)


def test_a_parent_whose_worker_died_restarts_its_list_under_the_next_worker(scene: Scene) -> None:
    job_id = scene.insert(kind=Kind.SWEEP, service=Service.DISCOVERY, checks=Checks.NONE)
    claim = scene.hasty.claim(job_id, "doomed")
    assert claim is not None
    scene.hasty.restart_list(claim.lease)
    orphan = a_part(scene, job_id)
    scene.wait_past(job_id)
    successor = scene.claim(job_id)
    assert scene.ledger.restart_list(successor) == 2
    scene.ledger.await_children(successor)

    assert scene.ledger.claim(orphan, "two") is None

    assert (scene.job(orphan).outcome, scene.job(job_id).pending) == ("cancelled", 0)
    assert is_due(scene, job_id)


def test_a_due_parent_is_rung(scene: Scene) -> None:
    sweep = scene.a_sweep()
    part = a_part(scene, sweep.job_id)
    scene.ledger.await_children(sweep)
    end(scene, part)

    rung = [ring.job_id for ring in scene.ledger.doorbells_due(CONNECTOR)]

    assert rung == [sweep.job_id]
