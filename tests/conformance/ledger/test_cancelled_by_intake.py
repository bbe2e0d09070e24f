"""That an action is cancelled, and that a connector is gone, counts where a key says so that only intake may write."""

import pytest
import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import keys
from exconn.ledger import State
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene


@pytest.fixture
def scene(redis_client: redis.Redis) -> Scene:
    made = Scene(redis_client)
    made.resume()
    return made


@pytest.fixture(autouse=True)
def legal_record() -> None:
    """What is written here is illegal by intention."""


def mark(scene: Scene, job_id: str) -> None:
    """What whoever may write jobs can do."""
    scene.client.hset(keys.job(job_id), "cancel", "1")


def test_a_mark_that_somebody_wrote_into_an_action_cancels_nothing(scene: Scene) -> None:
    job_id = scene.insert()
    mark(scene, job_id)

    lease = scene.claim(job_id)
    scene.ledger.begin(lease)

    assert (scene.job(job_id).begun, scene.messages(job_id)[-1].number) == (1, Number.ISSUING)


def test_a_worker_is_not_told_of_a_mark_that_somebody_wrote_into_what_has_begun(scene: Scene) -> None:
    job_id = scene.insert()
    begun = scene.hasty.claim(job_id, "one")
    assert begun is not None
    scene.client.hset(keys.job(job_id), mapping={"begun": "1", "phase": "issued"})
    mark(scene, job_id)
    scene.wait_past(job_id)

    claim = scene.ledger.claim(job_id, "another")

    assert claim is not None
    assert not claim.job.cancel


def test_a_cancelled_action_is_cancelled_for_its_worker_too(scene: Scene) -> None:
    lease = scene.inserted_and_claimed()
    scene.ledger.begin(lease)

    assert scene.ledger.cancel(lease.job_id, by="anna") == "marked"

    assert scene.client.get(keys.cancelled(lease.job_id)) == "1"
    assert scene.client.pttl(keys.cancelled(lease.job_id)) > 0


def test_a_mark_in_a_job_that_nobody_signed_for_counts(scene: Scene) -> None:
    job_id = scene.insert(kind=Kind.POLICY_PLAN, service=Service.POLICY, checks=Checks.NONE, phase="")
    mark(scene, job_id)

    assert scene.ledger.claim(job_id, "one") is None

    assert scene.state(job_id) is State.SETTLED


def test_a_connector_that_only_looks_removed_keeps_its_jobs(scene: Scene) -> None:
    store = ConnectorStore(scene.client)
    state = store.apply(parse_definition(sample_definition(CONNECTOR)), "anna")
    job_id = scene.insert()
    scene.client.hset(keys.CONNECTORS, CONNECTOR, state.with_(state="removed").model_dump_json())

    assert scene.ledger.clear_removed(CONNECTOR, by="coordinator") == 0

    assert scene.state(job_id) is State.QUEUED


def test_a_connector_that_was_removed_and_came_back_keeps_its_jobs_though_it_looks_removed(scene: Scene) -> None:
    store = ConnectorStore(scene.client)
    definition = parse_definition(sample_definition(CONNECTOR))
    store.apply(definition, "anna")
    store.remove(CONNECTOR, "anna")
    state = store.apply(definition, "anna")
    job_id = scene.insert()
    scene.client.hset(keys.CONNECTORS, CONNECTOR, state.with_(state="removed").model_dump_json())

    scene.ledger.clear_removed(CONNECTOR, by="coordinator")

    assert scene.state(job_id) is State.QUEUED
