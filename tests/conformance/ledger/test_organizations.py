"""Brakes are counted by organization, and which one a connector is of counts where intake alone may write it."""

import json

import pytest
import redis

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Limits, NotYoursToResumeError, State, Stopped, Window
from tests.conformance.ledger.scene import AN_HOUR, CONNECTOR, Scene
from tests.support.streams.written import WRITTEN

OURS, FRESH = "0e6b1f9c-3f5c-4f0e-9a53-0c6a2b1d7e11", "99999999-3f5c-4f0e-9a53-0c6a2b1d7e11"


@pytest.fixture
def scene(redis_client: redis.Redis) -> Scene:
    made = Scene(redis_client)
    made.resume()
    redis_client.hset(keys.revisions(CONNECTOR), "organization", OURS)
    return made


def test_an_action_of_another_organization_than_its_connectors_is_held(scene: Scene) -> None:
    lease = scene.inserted_and_claimed(organization=FRESH)

    with pytest.raises(Stopped) as stopped:
        scene.ledger.begin(lease)

    job = scene.job(lease.job_id)
    assert (stopped.value.reason, job.state, job.begun) == (HoldReason.OTHER_ORGANIZATION, State.HELD, 0)
    assert scene.client.zcard(keys.brake(FRESH, "erase")) == 0


def test_an_action_of_its_connectors_organization_begins(scene: Scene) -> None:
    scene.ledger.begin(scene.inserted_and_claimed(organization=OURS))

    assert scene.client.zcard(keys.brake(OURS, "erase")) == 1


def test_a_requesters_waiting_actions_are_found_whatever_the_connectors_state_says(scene: Scene) -> None:
    scene.ledger.pause(CONNECTOR, by="anna")
    scene.client.hset(keys.CONNECTORS, CONNECTOR, json.dumps({"organization": FRESH}))
    for requester in ("desk", "other"):
        job_id = scene.insert(organization=OURS, requester=requester)
        assert scene.ledger.claim(job_id, "one") is None

    with pytest.raises(NotYoursToResumeError):
        scene.ledger.resume(CONNECTOR, by="desk")


def test_a_share_is_one_of_the_devices_that_intake_believes(scene: Scene) -> None:
    limits = Limits(breaker=(Window(100, AN_HOUR),), quota=(Window(100, AN_HOUR),), fleet_share=0.01, fleet_floor=1)
    scene.client.set(keys.fleet(CONNECTOR), "1000000")
    scene.client.hset(keys.revisions(CONNECTOR), "fleet", "200 1700000000000")
    for _ in range(2):
        scene.ledger.begin(scene.let_in(limits=limits, organization=OURS))

    with pytest.raises(Stopped) as stopped:
        scene.ledger.begin(scene.let_in(limits=limits, organization=OURS))

    assert stopped.value.reason == HoldReason.BREAKER


@pytest.mark.parametrize("text", WRITTEN)
def test_a_kill_switch_is_turned_on_and_off_whatever_the_state_says(scene: Scene, text: str) -> None:
    scene.client.hset(keys.revisions(CONNECTOR), "organization", "")
    scene.client.hset(keys.CONNECTORS, CONNECTOR, text)

    scene.ledger.pause(CONNECTOR, by="anna")
    paused = scene.ledger.switch(CONNECTOR)
    job_id = scene.insert(organization=OURS, requester="desk")
    assert scene.ledger.claim(job_id, "one") is None
    scene.ledger.resume(CONNECTOR, by="bert")

    assert (paused, scene.ledger.switch(CONNECTOR)) == ("paused", "running")


@pytest.mark.parametrize("text", WRITTEN)
def test_jobs_are_left_as_they_are_whatever_the_state_says(scene: Scene, text: str) -> None:
    job_id = scene.insert(organization=OURS)
    scene.client.hset(keys.CONNECTORS, CONNECTOR, text)

    scene.ledger.clear_removed(CONNECTOR, by="coordinator")

    assert scene.job(job_id).state == State.QUEUED
