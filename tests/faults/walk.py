"""A random walk over the ledger's calls: lost requests, lost replies, killed servers; every index judged all along."""

import contextlib
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import redis

from exconn.ledger import Ledger, LedgerError, Outcome, State
from tests.faults.report import WalkFigures
from tests.support.fault_runs.walk.brakes import brake_violations
from tests.support.fault_runs.walk.client import CREDIT, LEASE, Client
from tests.support.fault_runs.walk.crew import Crew
from tests.support.fault_runs.walk.indexes import CONNECTOR, take
from tests.support.fault_runs.walk.lossy import LossyConnection, lossy_class
from tests.support.fault_runs.walk.new_jobs import BREAKER
from tests.support.fault_runs.walk.plants import planted
from tests.support.fault_runs.walk.record import Record
from tests.support.fault_runs.walk.rules import index_violations, mark_violations, parent_violations
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.traces import check_record

NAME = "walk"
CLIENTS = 6
SNAPSHOT_EVERY_SECONDS = 0.4
PROGRESS_EVERY_SECONDS = 10.0
#: While the server is away, its clients leave it the processor.
AGAIN_AFTER_SECONDS = 0.02
KILL_EVERY_CALLS = (1_000, 3_000)
DRAINED_WITHIN = timedelta(seconds=60)
#: A walk that is slower than so many calls a second ends before it has made all calls, and says so in its figures.
SLOWEST_CALLS_A_SECOND = 50
AT_LEAST_SECONDS = 20.0
#: More say nothing new.
MOST_VIOLATIONS = 20

Tell = Callable[[str], None]


def run(trials: int, seed: int, tell: Tell, *, plant: str = "") -> WalkFigures:
    """The walk with `trials` calls; with the bug `plant` in the ledger when one is named."""
    with (
        tempfile.TemporaryDirectory(prefix="exconn-walk-") as folder,
        planted(plant),
        RestartableValkey(Path(folder), appendfsync="always") as server,
    ):
        return _Walk(server, trials, seed, tell, plant).run()


class _Walk:
    def __init__(self, server: RestartableValkey, trials: int, seed: int, tell: Tell, plant: str) -> None:
        self._server = server
        self._trials = trials
        self._seed = seed
        self._tell = tell
        self._plant = plant
        self._dice = random.Random(seed)
        self._crew = Crew()
        self._record = Record()
        self._over = threading.Event()
        self._client = server.client()
        self._ledger = Ledger(self._client, lease=LEASE)
        self._kills = self._snapshots = 0

    def run(self) -> WalkFigures:
        self._ledger.resume(CONNECTOR, by="walk")
        with self._clients():
            self._watch()
        if not self._crew.violations:
            self._drain()
            self._look()
            self._judge_promises()
        for sentence in self._crew.violations[:MOST_VIOLATIONS]:
            self._tell(sentence)
        return WalkFigures(
            name=NAME,
            seed=self._seed,
            trials=self._trials,
            calls=self._crew.calls.total(),
            jobs=len(self._record.queued),
            kills=self._kills,
            snapshots=self._snapshots,
            violations=len(self._crew.violations),
            plant=self._plant,
        )

    @contextlib.contextmanager
    def _clients(self) -> Iterator[None]:
        LossyConnection.losing = True
        threads = [threading.Thread(target=self._walk, args=(number,), daemon=True) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
            LossyConnection.losing = False

    def _walk(self, number: int) -> None:
        seed = self._seed * 1000 + number
        pool = redis.ConnectionPool(
            connection_class=lossy_class(seed),
            host="127.0.0.1",
            port=self._server.port,
            decode_responses=True,
            retry=None,
        )
        client: Client | None = None
        while not self._over.is_set():
            try:
                client = client or Client(
                    Ledger(redis.Redis(connection_pool=pool), lease=LEASE), self._crew, seed, f"client-{number}"
                )
                client.step()
            except (LedgerError, redis.RedisError):
                self._over.wait(AGAIN_AFTER_SECONDS)
            except Exception as exc:  # noqa: BLE001 - a client that ends silently would make the walk blind
                self._crew.violations.append(f"client {number} met {type(exc).__name__}: {exc}")
                return
        pool.disconnect()

    def _watch(self) -> None:
        """Snapshots and kills, until all calls are made, time is over, or something is found."""
        started = time.monotonic()
        within = max(AT_LEAST_SECONDS, self._trials / SLOWEST_CALLS_A_SECOND)
        kill_at = self._dice.randint(*KILL_EVERY_CALLS)
        tell_at = started
        while self._crew.calls.total() < self._trials and time.monotonic() < started + within:
            self._over.wait(SNAPSHOT_EVERY_SECONDS)
            if self._crew.calls.total() >= kill_at:
                self._server.kill()
                self._server.start()
                self._kills += 1
                kill_at = self._crew.calls.total() + self._dice.randint(*KILL_EVERY_CALLS)
            self._look()
            if time.monotonic() >= tell_at:
                self._tell_progress(time.monotonic() - started)
                tell_at = time.monotonic() + PROGRESS_EVERY_SECONDS
            if self._crew.violations:
                return

    def _tell_progress(self, seconds: float) -> None:
        calls = self._crew.calls.total()
        self._tell(
            f"{calls} of {self._trials} calls after {seconds:.0f} s: {len(self._record.queued)} jobs, "
            f"{self._kills} kills, {self._snapshots} snapshots, {len(self._crew.violations)} violations"
        )

    def _look(self) -> None:
        with contextlib.closing(self._server.client()) as client:
            now = take(client, after=self._record.last)
            self._crew.violations += brake_violations(client)
        self._snapshots += 1
        window = (BREAKER.limit, int(BREAKER.span.total_seconds() * 1000))
        self._crew.violations += [
            *self._record.take(now, window),
            *index_violations(now),
            *parent_violations(now),
            *mark_violations(now),
        ]

    def _drain(self) -> None:
        """Nobody does harm any more: everything must end."""
        deadline = time.monotonic() + DRAINED_WITHIN.total_seconds()
        with contextlib.closing(self._server.client()) as client:
            ledger = Ledger(client, lease=LEASE)
            ledger.resume(CONNECTOR, by="walk", alone_after=timedelta(0))
            while (left := ledger.unsettled(CONNECTOR)) and time.monotonic() < deadline:
                ledger.doorbells_due(CONNECTOR, credit=dict.fromkeys(CREDIT, 500), limit=500, by="walk")
                for job_id in left:
                    _end(ledger, job_id)
        self._crew.violations += [f"{job_id} does not end: {self._ledger.job(job_id)}" for job_id in left]

    def _judge_promises(self) -> None:
        ends = self._record.ends
        self._crew.violations += [
            *(
                f"the acknowledged insert of {job} is not on record"
                for job in self._crew.inserted - self._record.queued
            ),
            *check_record(self._record.messages),
            *(f"the acknowledged end of {job} is not on record" for job in self._crew.settled.keys() - ends.keys()),
        ]


def _end(ledger: Ledger, job_id: str) -> None:
    job = ledger.job(job_id)
    if job is None or job.state is State.SETTLED:
        return
    if job.state is State.HELD:
        ledger.release(CONNECTOR, [job_id], release_id="drain", by="walk")
    claim = ledger.claim(job_id, "walk")
    if claim is not None:
        ledger.settle(claim.lease, Outcome.FAILED)
