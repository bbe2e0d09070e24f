"""The production client against a simulated Exchange over real HTTPS."""

from collections.abc import Callable, Iterator

import pytest

from exconn.exchange import Endpoint, Session
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator

OpenEndpoint = Callable[..., Endpoint]


@pytest.fixture(scope="package")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """One simulator for the package: 60 devices, with the newer and the older names."""
    with running_simulator(tmp_path_factory.mktemp("exchange"), devices=60) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    """The shared simulator without faults of an earlier test."""
    shared_simulator.control("DELETE", "/faults")
    yield shared_simulator
    shared_simulator.control("DELETE", "/faults")


@pytest.fixture
def session(simulator: RunningSimulator) -> Iterator[Session]:
    """An open session of the actions account."""
    with Session.open(endpoint_of(simulator)) as opened:
        yield opened


@pytest.fixture
def victim(simulator: RunningSimulator) -> str:
    """The GUID of a phone that calls, and that no wipe was ordered for."""
    for device in simulator.devices():
        is_app = str(device["device_type"]).startswith("Outlook")
        if device["online"] and not is_app and not device["wipe"]["requested"]:
            return str(device["guid"])
    pytest.fail("every phone of the simulator has a wipe already")
