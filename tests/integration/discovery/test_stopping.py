"""A worker that is told to stop leaves nothing behind in Exchange."""

from datetime import timedelta

import pytest

from exconn.keyspace import keys
from tests.integration.discovery.scene import CONNECTOR, Scene


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_a_stopped_worker_ends_its_sessions_and_gives_its_seats_back(scene: Scene, pool: str) -> None:
    worker = scene.worker(concurrency=1, EXCONN_WORKER_POOL=pool)
    scene.settled(scene.install())
    seats = keys.seats(CONNECTOR, scene.simulator.username("discovery"))
    assert scene.simulator.counters()["open_shells"] == 1
    assert scene.client.zcard(seats) == 1

    assert worker.terminate(timedelta(seconds=20)) == 0

    assert scene.simulator.counters()["open_shells"] == 0
    assert scene.client.zcard(seats) == 0
