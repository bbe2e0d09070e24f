"""Where a simulated Exchange is, as the production client is told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from exconn.exchange import Endpoint
from tests.support.exchange.simulator import RunningSimulator


def endpoint_of(simulator: RunningSimulator, account: str = "actions", **settings: Any) -> Endpoint:
    """An endpoint with short time-outs; any setting can be given instead."""
    return Endpoint(**(_values(simulator, account) | settings))


def unguarded(simulator: RunningSimulator, account: str = "actions", **settings: Any) -> Endpoint:
    """One that is refused in service: NTLM over http.

    Messages are encrypted there as with Kerberos, and no domain is needed to see it.
    """
    values = _values(simulator, account) | settings
    return Endpoint.model_construct(**(values | {"password": SecretStr(str(values["password"]))}))


def _values(simulator: RunningSimulator, account: str) -> dict[str, Any]:
    return {
        "url": simulator.url,
        "username": simulator.username(account),
        "password": simulator.password(account),
        "ca_file": Path(simulator.ca_file) if simulator.ca_file else None,
        "connect_timeout": timedelta(seconds=5),
        "operation_timeout": timedelta(seconds=5),
        "site": "Berlin",
    }
