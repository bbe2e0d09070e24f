"""A worker gets by with a broker user that reaches its own queues and nothing of other services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from exconn.contracts import Service, queue_of
from exconn.keyspace import connect
from exconn.ledger import Outcome
from tests.integration.doorbell.conftest import System
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey

#: What a discovery worker needs on the broker: its queues, the control and event channels, Celery's own bookkeeping.
RULES = (
    *("on", ">hunter2", "resetkeys", "resetchannels", "-@all"),
    *("~exconn.discovery.*", "~discovery.*.celery.pidbox", "~_kombu.binding.*", "~_kombu.binding_*"),
    *("&/0.celery.pidbox", "&/0.celeryev/worker.*", "&/0.celeryev/task.*"),
    *("+hello", "+ping", "+client|setinfo", "+client|setname", "+select"),
    *("+brpop", "+lpush", "+llen", "+pexpire", "+multi", "+exec", "+psubscribe", "+punsubscribe", "+publish"),
    *("+sadd", "+srem", "+smembers", "+del", "+exists", "+zadd", "+zrem", "+zrange", "+zrangebyscore", "+time"),
    *("+evalsha", "+script|load", "+script|exists"),
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RestartableValkey]:
    """A server for the queues alone, with the user `discovery`."""
    with RestartableValkey(tmp_path / "broker") as server:
        admin = server.client()
        admin.execute_command("ACL", "SETUSER", "discovery", *RULES)
        yield server
        admin.close()


def test_a_worker_runs_jobs_as_a_user_that_reaches_its_own_queues_alone(
    system: System, broker: RestartableValkey
) -> None:
    url = broker.url.replace("redis://", "redis://discovery:hunter2@")
    worker = system.worker(EXCONN_BROKER_URL=url)
    system.bell = type(system.bell)(broker.client())

    job = system.settled(system.echo())

    assert job.outcome == Outcome.SUCCEEDED
    admin = broker.client()
    wait_until(lambda: _calls(admin, "evalsha") >= 2, system.ledger.lease * 10, "Celery's bookkeeping")
    assert worker.terminate() == 0
    assert admin.acl_log() == []
    assert "hunter2" not in worker.log.read_text()
    own = connect(url)
    own.lpush(queue_of(Service.DISCOVERY, "one"), "x")
    with pytest.raises(redis.exceptions.NoPermissionError):
        own.lpush(queue_of(Service.ACTIONS, "one"), "x")
    own.close()
    admin.close()


def _calls(client: redis.Redis, command: str) -> int:
    return int(client.info("commandstats").get(f"cmdstat_{command}", {}).get("calls", 0))
