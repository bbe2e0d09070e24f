"""A connector that was removed leaves no job behind, however many there were, and nobody is woken for it any more."""

from datetime import timedelta

import pytest

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, EndReason, HoldReason, Kind, Service
from exconn.ledger import Lease, State
from exconn.ledger.bounds import MOST_ENDED
from tests.conformance.ledger.scene import CONNECTOR, SOON, Scene
from tests.support.machine.processes import wait_until

PART = {"kind": Kind.PARTITION, "service": Service.DISCOVERY, "checks": Checks.NONE, "phase": ""}


@pytest.fixture
def store(scene: Scene) -> ConnectorStore:
    made = ConnectorStore(scene.client)
    made.apply(parse_definition(sample_definition(CONNECTOR)), "anna")
    return made


def sweep_of(scene: Scene, parts: int) -> Lease:
    lease = scene.inserted_and_claimed(**PART | {"kind": Kind.SWEEP})
    generation = scene.ledger.restart_list(lease)
    for _ in range(parts):
        scene.insert(**PART, parent=lease.job_id, generation=generation, parked=True)
    return lease


def jobs_left(scene: Scene) -> dict[str, object]:
    """What the server keeps of jobs that have not settled."""
    words = ("due", "parked", "paused", "open", "inflight", "unsettled")
    return {name: value for name, value in scene.everything().items() if name.split(":")[1] in words}


def a_job_in_every_place(scene: Scene) -> None:
    sweep = sweep_of(scene, parts=3)
    scene.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 1})
    scene.ledger.await_children(sweep)
    scene.insert()
    scene.ledger.defer(scene.inserted_and_claimed(), timedelta(hours=1))
    scene.ledger.hold(scene.inserted_and_claimed(), HoldReason.NO_MAILBOX)
    scene.crash(scene.insert())
    scene.paused()


def test_a_removed_connector_leaves_no_job_behind(scene: Scene, store: ConnectorStore) -> None:
    a_job_in_every_place(scene)
    every = scene.ledger.unsettled(CONNECTOR)
    store.remove(CONNECTOR, "anna")

    assert scene.ledger.clear_removed(CONNECTOR, by="anna") == 0

    assert jobs_left(scene) == {}
    told = {scene.messages(job)[-1].data["reason"] for job in every}
    assert told == {EndReason.CONNECTOR_REMOVED}


def test_a_sweep_of_a_removed_connector_is_taken_from_its_worker(scene: Scene, store: ConnectorStore) -> None:
    sweep = sweep_of(scene, parts=1)
    store.remove(CONNECTOR, "anna")

    scene.ledger.clear_removed(CONNECTOR, by="anna")

    assert not scene.ledger.renew(sweep)
    assert jobs_left(scene) == {}


def test_what_a_worker_has_in_hand_ends_when_the_worker_lets_go(scene: Scene, store: ConnectorStore) -> None:
    lease = scene.inserted_and_claimed(kind=Kind.POLICY_PLAN, service=Service.POLICY, checks=Checks.NONE, phase="")
    store.remove(CONNECTOR, "anna")

    assert scene.ledger.clear_removed(CONNECTOR, by="anna") == 1
    assert scene.job(lease.job_id).cancel
    scene.ledger.defer(lease, timedelta(hours=1))

    assert scene.ledger.clear_removed(CONNECTOR, by="anna") == 0
    assert jobs_left(scene) == {}


def test_a_job_whose_worker_died_ends_with_its_lease(scene: Scene, store: ConnectorStore) -> None:
    job_id = scene.insert(kind=Kind.POLICY_PLAN, service=Service.POLICY, checks=Checks.NONE, phase="")
    claim = scene.hasty.claim(job_id, "doomed")
    assert claim is not None
    store.remove(CONNECTOR, "anna")

    wait_until(lambda: scene.ledger.clear_removed(CONNECTOR, by="anna") == 0, SOON, "the job to end")

    assert scene.state(job_id) is State.SETTLED


def test_many_parts_end_some_at_a_time(scene: Scene, store: ConnectorStore) -> None:
    sweep = sweep_of(scene, parts=3 * MOST_ENDED)
    scene.ledger.await_children(sweep)
    store.remove(CONNECTOR, "anna")

    left = [scene.ledger.clear_removed(CONNECTOR, by="anna", most=MOST_ENDED) for _ in range(4)]

    assert left == [2 * MOST_ENDED + 1, MOST_ENDED + 1, 1, 0]
    assert jobs_left(scene) == {}


def test_jobs_of_a_connector_that_is_not_removed_stay(scene: Scene, store: ConnectorStore) -> None:
    job_id = scene.insert()
    store.remove(CONNECTOR, "anna")
    store.apply(parse_definition(sample_definition(CONNECTOR)), "anna")  # it came back before the round came by

    assert scene.ledger.clear_removed(CONNECTOR, by="coordinator") == 0

    assert scene.state(job_id) is State.QUEUED
