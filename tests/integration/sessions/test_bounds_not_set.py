"""A worker whose deployment does not bound where it turns to says so as long as it lives."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.keyspace import keys
from exconn.process.heartbeat import parse_heartbeat
from tests.support.machine.processes import ChildProcesses

if TYPE_CHECKING:
    import redis

WITHIN = timedelta(seconds=30)
BOUNDS = {
    "EXCONN_EXCHANGE_HOSTS": "ex1.corp.example",
    "EXCONN_EXCHANGE_SIGN_INS": "kerberos",
    "EXCONN_SECRETS_DIR": "/etc/exconn",
}


@pytest.mark.parametrize("lacks", [(), tuple(BOUNDS)], ids=["all are set", "none is set"])
def test_a_workers_heartbeat_names_the_bounds_that_are_not_set(
    redis_client: "redis.Redis", redis_url: str, processes: ChildProcesses, tmp_path: Path, lacks: tuple[str, ...]
) -> None:
    servers = {"EXCONN_BROKER_URL": redis_url, "EXCONN_LEDGER_URL": redis_url, "EXCONN_LEDGER_DURABILITY": "volatile"}
    bounds = {name: value for name, value in BOUNDS.items() if name not in lacks}

    worker = processes.start(
        "discovery", "-m", "exconn.discovery", env={**servers, **bounds, "EXCONN_STATE_DIR": str(tmp_path)}
    )
    field = f"discovery/{os.uname().nodename}/{worker.pid}"
    worker.wait_until(lambda: redis_client.hexists(keys.HEARTBEATS, field), WITHIN, "the worker's heartbeat")

    beat = parse_heartbeat(str(redis_client.hget(keys.HEARTBEATS, field)))
    assert beat is not None
    assert beat.unset == lacks
