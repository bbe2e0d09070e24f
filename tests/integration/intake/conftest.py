"""An intake process of this test alone, in front of the emptied server of this pytest process."""

from pathlib import Path

import pytest
import redis

from exconn.contracts import DeviceFact
from tests.support.intake import RunningIntake, discover, install_connector, start_intake
from tests.support.processes import ChildProcesses
from tests.unit.admission.requests_for_tests import DEVICE


@pytest.fixture
def intake(processes: ChildProcesses, tmp_path: Path, redis_url: str, redis_client: redis.Redis) -> RunningIntake:
    """Running, with connector north armed for actions and one device discovered."""
    install_connector(redis_client)
    phone = DeviceFact(guid=DEVICE, name="jdoe_iPhone", device_id="DEVICEID0001", device_type="iPhone")
    discover(redis_client, redis_url, [phone])
    return start_intake(processes, tmp_path, redis_url)
