"""A simulator for the preflights."""

from collections.abc import Iterator

import pytest

from tests.support.exchange.simulator import RunningSimulator, start_simulator


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    running = start_simulator(tmp_path_factory.mktemp("simulator"), devices=5)
    yield running
    running.close()
