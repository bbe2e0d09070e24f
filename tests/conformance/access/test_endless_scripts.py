"""A script that never ends keeps a server busy for everybody; the auditor, who is no service, can end it."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
import redis

from exconn.keyspace import connect
from tests.conformance.access.conftest import Guarded, guarded_servers
from tests.support.machine.processes import wait_until

ENDLESS = "while true do end"
LIBRARY = "#!lua name=endless\nserver.register_function('exconn_endless', function() while true do end end)"
SOON = timedelta(seconds=30)


@pytest.fixture
def own(generator: ModuleType, tmp_path: Path) -> Iterator[Guarded]:
    """Servers of this test's own, which say at once that they are busy."""
    with guarded_servers(generator, tmp_path) as found:
        for server in found.servers.values():
            with contextlib.closing(server.client()) as admin:
                admin.config_set("busy-reply-threshold", 50)
        yield found


def at_server(own: Guarded, server: str, user: str) -> "redis.Redis":
    """A client of a user whose password lies with the server."""
    password = (own.folder / server / f"{user}-password").read_text(encoding="utf-8").strip()
    return redis.Redis.from_url(
        own.servers[server].url, username=user, password=password, decode_responses=True, retry=None
    )


def run_away(client: "redis.Redis", *command: str) -> threading.Thread:
    """Start what never ends."""

    def run() -> None:
        with contextlib.suppress(redis.RedisError):
            client.execute_command(*command)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def is_busy(client: "redis.Redis") -> bool:
    """Whether the server does nothing but the script."""
    try:
        client.ping()
    except redis.exceptions.ResponseError as exc:
        return str(exc).startswith("BUSY")
    return False


def ends(own: Guarded, server: str, running: threading.Thread, *kill: str) -> None:
    """The server is busy, no service may end that, and the auditor ends it."""
    with contextlib.closing(at_server(own, server, "health")) as health:
        wait_until(lambda: is_busy(health), SOON, "the server to be busy")
        for user in ("coordinator", "intake"):
            with (
                contextlib.closing(redis.Redis.from_url(own.url(user, server))) as service,
                pytest.raises(redis.exceptions.NoPermissionError),
            ):
                service.execute_command(*kill)
        assert is_busy(health)
        with contextlib.closing(at_server(own, server, "auditor")) as auditor:
            auditor.execute_command(*kill)
        running.join(SOON.total_seconds())
        assert not running.is_alive()
        assert health.ping()


def test_a_script_of_flower_that_keeps_the_broker_busy_is_ended_by_the_auditor(own: Guarded) -> None:
    with contextlib.closing(connect(own.url("flower", "broker"))) as flower:
        digest = str(flower.script_load(ENDLESS))
        ends(own, "broker", run_away(flower, "EVALSHA", digest, "1", "_kombu.x"), "SCRIPT", "KILL")


def test_a_function_that_keeps_the_ledger_busy_is_ended_by_the_auditor(own: Guarded) -> None:
    with contextlib.closing(own.servers["ledger"].client()) as admin:
        admin.function_load(LIBRARY)
    with contextlib.closing(connect(own.url("discovery", "ledger"))) as discovery:
        ends(own, "ledger", run_away(discovery, "FCALL", "exconn_endless", "1", "exconn:x"), "FUNCTION", "KILL")
