"""The production client against a simulated Exchange over real HTTPS."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.exchange import Endpoint, Session
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


def endpoint_of(simulator: RunningSimulator, account: str = "actions", **settings: Any) -> Endpoint:
    """An endpoint with short time-outs; any setting can be given instead."""
    values = {
        "url": simulator.url,
        "username": simulator.username(account),
        "password": simulator.password(account),
        "ca_file": Path(simulator.ca_file) if simulator.ca_file else None,
        "connect_timeout": timedelta(seconds=5),
        "operation_timeout": timedelta(seconds=5),
        "site": "Berlin",
    }
    return Endpoint(**(values | settings))


@pytest.fixture
def session(simulator: RunningSimulator) -> Iterator[Session]:
    """An open session of the actions account."""
    with Session.open(endpoint_of(simulator)) as opened:
        yield opened


@pytest.fixture
def victim(simulator: RunningSimulator) -> str:
    """The GUID of a device that no wipe was ordered for."""
    for device in simulator.devices():
        if not device["wipe"]["requested"]:
            return str(device["guid"])
    pytest.fail("every device of the simulator has a wipe already")
