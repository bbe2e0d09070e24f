"""Where a simulated Exchange is, as the production client is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from exconn.exchange import Endpoint
from tests.support.exchange.simulator import RunningSimulator


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
