"""A simulated organization of 320 devices and a server of this test alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.discovery.scene import Scene
from tests.support.processes import ChildProcesses
from tests.support.simulator import running_simulator
from tests.support.valkey import RestartableValkey


@pytest.fixture
def scene(restartable_valkey: RestartableValkey, processes: ChildProcesses, tmp_path: Path) -> Iterator[Scene]:
    with running_simulator(tmp_path, devices=320) as simulator:
        stage = Scene(restartable_valkey, simulator, processes)
        stage.apply()
        yield stage
        stage.close()
