"""What a job costs: accepting one against `task.delay()`, working on one against a stock no-op.

One server with an append-only file, written every second on both sides; the same pool, children and flags.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, Kind, Service, queue_of
from exconn.contracts.work import Echo
from exconn.doorbell import first_doorbell
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger, Limits, NewJob, Window
from tests.benchmarks.report import Report, compare
from tests.benchmarks.stock import QUEUE, TASK, make_app
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey

NAME = "actions"
CONNECTOR = "bench"
#: As long as a signed request.
PAYLOAD = Echo(text="x" * 900).model_dump_json()
#: The brakes are looked at, and hold nothing.
OPEN_BRAKES = Limits(
    breaker=(Window(10_000_000, timedelta(minutes=20)), Window(10_000_000, timedelta(days=1))),
    quota=(Window(10_000_000, timedelta(hours=1)), Window(10_000_000, timedelta(days=1))),
    fleet_floor=10_000_000,
)
ROUND_WITHIN = timedelta(minutes=2)
#: So few of each requester that every job's doorbell finds room in its lane.
OF_EACH_REQUESTER = 30

Tell = Callable[[str], None]


class Bench:
    """A server, a ledger, a bell, and a stock producer."""

    def __init__(self, url: str, done_file: Path) -> None:
        self.url = url
        self.done_file = done_file
        self.client = connect(url)
        self.ledger = Ledger(self.client)
        self.stock = make_app(url)
        self._count = 0

    def accept(self, n: int) -> float:
        """Insert and ring `n` jobs of an action's size: a second."""
        started = time.perf_counter()
        for _ in range(n):
            self.insert(Kind.WIPE, Service.ACTIONS, Checks.ERASE)
        return n / (time.perf_counter() - started)

    def delay(self, n: int) -> float:
        """Publish `n` stock tasks: a second."""
        task = self.stock.tasks[TASK]
        started = time.perf_counter()
        for _ in range(n):
            task.delay("x" * 900)
        return n / (time.perf_counter() - started)

    def guarded(self, n: int) -> float:
        """Jobs through a worker to their settled state: a second."""
        settled = keys.settled(Service.DISCOVERY)
        before = self.client.zcard(settled)
        started = time.perf_counter()
        for _ in range(n):
            self.insert(Kind.ECHO, Service.DISCOVERY, Checks.NONE)
        wait_until(lambda: self.client.zcard(settled) - before >= n, ROUND_WITHIN, "the jobs to settle")
        return n / (time.perf_counter() - started)

    def bare(self, n: int) -> float:
        """Stock tasks through a stock worker: a second."""
        before = self._done()
        started = time.perf_counter()
        for _ in range(n):
            self.stock.tasks[TASK].delay("x" * 900)
        wait_until(lambda: self._done() - before >= n, ROUND_WITHIN, "the stock tasks to run")
        return n / (time.perf_counter() - started)

    def empty(self) -> None:
        """Forget what nobody will work on, and whose doorbells nobody will hear."""
        place = (Service.ACTIONS, CONNECTOR)
        self.client.delete(queue_of(*place), QUEUE, keys.rung(*place), keys.lanes(*place), keys.heads(*place))

    def rung(self) -> int:
        """How many doorbells lie in the queue."""
        return int(self.client.llen(queue_of(Service.ACTIONS, CONNECTOR)))

    def _done(self) -> int:
        return self.done_file.stat().st_size if self.done_file.exists() else 0

    def insert(self, kind: Kind, service: Service, checks: Checks) -> None:
        """Insert and ring, as intake does where broker and ledger are one server."""
        self._count += 1
        self.ledger.insert(
            NewJob(
                kind=kind,
                connector=CONNECTOR,
                payload=PAYLOAD,
                idempotency_key=f"bench:{self._count}",
                idempotency_digest="d" * 64,
                service=service,
                checks=checks,
                device=f"device-{self._count}" if kind is Kind.WIPE else None,
                requester=f"bench-{self._count // OF_EACH_REQUESTER}",
                limits=OPEN_BRAKES,
            ),
            first_doorbell,
        )


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Interleave the four sides, round by round."""
    accepted, delayed, guarded, bare = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, a_bench(Path(folder)) as bench:
        for _ in range(rounds):
            accepted.append(bench.accept(n))
            tell(f"{bench.rung()} of {n} accepted jobs have rung")
            delayed.append(bench.delay(n))
            bench.empty()
        tell("accepting is measured; now working")
        with _workers(Path(folder), bench):
            bench.guarded(20)
            bench.bare(20)
            for number in range(rounds):
                guarded.append(bench.guarded(n))
                bare.append(bench.bare(n))
                tell(f"round {number + 1} of {rounds}")
    figures = (
        compare("`accept`: insert and doorbell to task.delay()", accepted, delayed, goal=2.0),
        compare("`guarded`: jobs to a bare Celery no-op", guarded, bare, goal=0.8),
    )
    return Report(name=NAME, seed=0, n=n, figures=figures)


@contextmanager
def a_bench(folder: Path) -> Iterator[Bench]:
    """A bench on a server of its own, with one connector."""
    with RestartableValkey(folder / "valkey") as server:
        bench = Bench(server.url, folder / "done")
        ConnectorStore(bench.client).apply(parse_definition(sample_definition(CONNECTOR)), "bench")
        yield bench


@contextmanager
def a_worker(folder: Path, bench: Bench) -> Iterator[None]:
    """A worker of ours that settles echo jobs at once."""
    with _running(folder, bench, "tests.support.system.echo_worker", "discovery"):
        yield


@contextmanager
def _workers(folder: Path, bench: Bench) -> Iterator[None]:
    with a_worker(folder, bench), _running(folder, bench, "tests.benchmarks.stock"):
        yield


@contextmanager
def _running(folder: Path, bench: Bench, *module: str) -> Iterator[None]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "EXCONN_BROKER_URL": bench.url,
        "EXCONN_LEDGER_URL": bench.url,
        "EXCONN_LEDGER_DURABILITY": "volatile",
        "EXCONN_STATE_DIR": str(folder),
        "EXCONN_WORKER_CONCURRENCY": "2",
        "EXCONN_LOG_LEVEL": "error",
        "STOCK_DONE_FILE": str(bench.done_file),
    }
    process = subprocess.Popen([sys.executable, "-m", *module], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
