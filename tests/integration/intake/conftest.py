"""Intake processes in front of the server of this pytest process, which is emptied before each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from exconn.contracts import DeviceFact
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.valkey import RestartableValkey
from tests.support.requests.signed import DEVICE
from tests.support.system.intake import RunningIntake, discover, install_connector, start_intake

PHONE = DeviceFact(guid=DEVICE, name="jdoe_iPhone", device_id="DEVICEID0001", device_type="iPhone")


@pytest.fixture(scope="module")
def lasting_intake(
    valkey_server: RestartableValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningIntake]:
    """One process for all tests of a module: it keeps nothing in memory, and starting takes longer than a test."""
    folder = tmp_path_factory.mktemp("intake")
    processes = ChildProcesses(folder)
    try:
        yield start_intake(processes, folder, valkey_server.url)
    finally:
        processes.end_all()


@pytest.fixture
def armed_connector(redis_url: str, redis_client: redis.Redis) -> None:
    """An emptied server with connector north armed for actions and one device discovered."""
    install_connector(redis_client)
    discover(redis_client, redis_url, [PHONE])


@pytest.fixture
def intake(lasting_intake: RunningIntake, armed_connector: None) -> Iterator[RunningIntake]:
    """The lasting process with its first registry, which it has again before the next test empties the server."""
    yield lasting_intake
    lasting_intake.register(lasting_intake.keys)


@pytest.fixture
def own_intake(processes: ChildProcesses, tmp_path: Path, redis_url: str, armed_connector: None) -> RunningIntake:
    """A process of this test alone, to be stopped."""
    return start_intake(processes, tmp_path, redis_url)
