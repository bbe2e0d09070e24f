"""The read model on each database that it promises to run on, and a monitor that has read one afternoon."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, create_engine, make_url

from exconn.keyspace import keys
from exconn.monitor.database import open_database
from tests.support.machine import postgres
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.skip_or_fail import require
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.status import StreamWriter
from tests.support.streams.story import tell_story
from tests.support.system.monitor import RunningMonitor, start_monitor

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server, by the URL of its first database."""
    require(postgres.is_installed(), "PostgreSQL", "install the package postgresql")
    with postgres.postgresql() as url:
        yield url


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The URL of a database that is empty, and gone afterwards."""
    name = f"test_{next(_NUMBERS)}"
    administrator = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        administrator.dispose()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """An empty database of a PostgreSQL server."""
    with new_database(postgresql_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'monitor.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty read model."""
    opened = open_database(database_url, migrate=True)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings of a monitor on each kind of database."""
    if request.param == "sqlite":
        yield {}
        return
    with new_database(request.getfixturevalue("postgresql_server")) as url:
        yield {"EXCONN_MONITOR_DATABASE": url, "EXCONN_MONITOR_MIGRATE": "true"}


@pytest.fixture(scope="module")
def ledger(database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """The story anew for each database: what one monitor has taken is gone from the streams."""
    with RestartableValkey(tmp_path_factory.mktemp("valkey")) as server, closing(server.client()) as client:
        tell_story(StreamWriter(client))
        client.set(keys.switch("contoso"), "running")
        now_ms = int(time.time() * 1000)
        # However long the tests take, one of them looks alive.
        in_an_hour = now_ms + 3_600_000
        client.hset(keys.HEARTBEATS, mapping={"discovery/host/7": in_an_hour, "actions/host/8": now_ms - 90_000})
        client.zadd(keys.brake("contoso.test", "erase"), {"wipe-a": now_ms - 60_000, "wipe-b": now_ms - 7_200_000})
        client.xadd(
            keys.DEAD_LETTERS, {"v": "1", "at": str(now_ms), "service": "actions", "reason": "size", "size": "9"}
        )
        yield client


@pytest.fixture(scope="module")
def monitor(
    ledger: redis.Redis, database: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningMonitor]:
    folder = tmp_path_factory.mktemp("monitor")
    processes = ChildProcesses(folder)
    url = "redis://127.0.0.1:{port}/0".format(**ledger.connection_pool.connection_kwargs)
    try:
        running = start_monitor(processes, url, folder, **database)
        running.wait_for("/v1/messages", "next", int(str(ledger.get(keys.SEQUENCE))))
        running.wait_for("/v1/sweeps", "sweeps.0.devices", 130)
        yield running
    finally:
        processes.end_all()
