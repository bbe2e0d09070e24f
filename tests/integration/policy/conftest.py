"""A simulator per module, a fresh organization and a clean ledger per test."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.policy_jobs import Governing, make_governing

if TYPE_CHECKING:
    import redis


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = start_simulator(tmp_path_factory.mktemp("simulator"), devices=5)
    yield running
    running.close()


@pytest.fixture
def governing(redis_client: "redis.Redis", simulator: RunningSimulator, tmp_path: Path) -> Iterator[Governing]:
    simulator.start_anew(devices=5)
    made = make_governing(redis_client, simulator, tmp_path)
    yield made
    simulator.control("DELETE", "/faults")
    made.sessions.close()
