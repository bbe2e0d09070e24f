"""A simulated organization and a server of its own; shared by tests that only look, small where workers are killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.discovery.scene import Scene
from tests.support.exchange.simulator import running_simulator
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.valkey import RestartableValkey


@contextmanager
def staged(place: Path, *, devices: int, seed: int = 7, **simulated: str) -> Iterator[Scene]:
    """Server, simulator and connector; everything that was started ends with it."""
    logs = place / "logs"
    logs.mkdir()
    children = ChildProcesses(logs)
    with (
        RestartableValkey(place / "valkey") as server,
        running_simulator(place, devices, seed, **simulated) as simulator,
    ):
        stage = Scene(server, simulator, children)
        stage.apply()
        try:
            yield stage
        finally:
            children.end_all()
            stage.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A scene of this test alone: nothing is installed, nobody works."""
    with staged(tmp_path, devices=120) as stage:
        yield stage


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A scene with one worker, installed and swept once."""
    with staged(tmp_path_factory.mktemp("discovery"), devices=320) as stage:
        stage.worker()
        stage.installed_and_swept()
        yield stage
