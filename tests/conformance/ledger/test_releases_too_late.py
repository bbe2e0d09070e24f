"""A release lets an action pass its brakes, and nothing else: not its time, and not who took its place."""

import pytest
import redis

from exconn.keyspace import keys
from exconn.ledger import Proven, State, Stopped
from tests.conformance.ledger.scene import CONNECTOR, Scene
from tests.conformance.ledger.test_held_expire import held_by_a_brake, soon
from tests.support.jobs.new_wipes import OPEN_BRAKES

RELEASED = Proven(grant="signed", request="0a1b2c")


@pytest.fixture
def scene(redis_client: redis.Redis) -> Scene:
    made = Scene(redis_client)
    made.resume()
    return made


def test_an_action_whose_time_passed_after_its_release_expires_though_a_worker_has_verified_it(scene: Scene) -> None:
    job_id = held_by_a_brake(scene, device="phone", **soon(scene))
    scene.ledger.release(CONNECTOR, [job_id], release_id="r1", by="boss", grant=RELEASED.grant)
    lease = scene.claim(job_id)
    scene.client.hset(keys.job(job_id), "valid_until", "1")

    with pytest.raises(Stopped, match="expired"):
        scene.ledger.begin(lease, proven=RELEASED)

    job = scene.job(job_id)
    assert (job.state, job.outcome, job.begun) == (State.SETTLED, "expired", 0)
    assert scene.client.exists(keys.issued(CONNECTOR, RELEASED.request)) == 0
    assert not scene.client.hgetall(keys.open_actions(CONNECTOR))


def test_a_release_of_what_gave_way_to_another_action_releases_nothing(scene: Scene) -> None:
    before = held_by_a_brake(scene, device="phone", requester="hr", **soon(scene))
    after = scene.insert(device="phone", requester="bob", limits=OPEN_BRAKES, **soon(scene))

    released = scene.ledger.release(CONNECTOR, [before], release_id="r1", by="boss", grant=RELEASED.grant)

    assert (released, scene.job(before).outcome, scene.job(before).grant) == ([], "cancelled", "")
    assert scene.job(after).grant == ""
