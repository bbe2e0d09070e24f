"""A simulator per module, a clean ledger per test; what each test left on record is judged."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import Wiping, make_wiping
from tests.support.streams.records import messages_of
from tests.support.streams.traces import check_record

if TYPE_CHECKING:
    import redis


@pytest.fixture(autouse=True)
def legal_record(redis_client: "redis.Redis") -> Iterator[None]:
    """Every job of the test went a way that a job may go."""
    yield
    assert check_record(messages_of(redis_client)) == []


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = start_simulator(tmp_path_factory.mktemp("simulator"), devices=120, seed=11, phone_sync="0.7s")
    yield running
    running.close()


@pytest.fixture
def wiping(redis_client: "redis.Redis", simulator: RunningSimulator, tmp_path: Path) -> Iterator[Wiping]:
    made = make_wiping(redis_client, simulator, tmp_path)
    yield made
    simulator.control("DELETE", "/faults")
    simulator.control("DELETE", "/roles")
    made.close()
