"""The figures of `actions` once more, against Celery with another transport: celery-redis-plus.

It needs Python 3.13 and an older client of Redis, so it runs in an environment of its own, which is made for the run.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.actions import ROUND_WITHIN, Bench, a_bench, a_worker
from tests.benchmarks.report import Report, compare
from tests.support.machine.processes import wait_until
from tests.support.opponent.environment import ROOT, opponent_environment
from tests.support.opponent.producer import Producer, end

NAME = "opponent"

Tell = Callable[[str], None]


class Opponent:
    """Its producer, a process that publishes when it is told to, and what its worker has done."""

    def __init__(self, python: Path, bench: Bench, done_file: Path) -> None:
        self.done_file = done_file
        self.environment = {
            "PATH": os.environ["PATH"],
            "EXCONN_BROKER_URL": bench.url,
            "STOCK_DONE_FILE": str(done_file),
        }
        self.command = [str(python), "-m", "tests.benchmarks.opponent_app"]
        self.producer = Producer([*self.command, "produce"], environment=self.environment, directory=ROOT)

    def delay(self, n: int) -> float:
        """Publish `n` tasks: a second."""
        return float(self.producer.ask(str(n)))

    def bare(self, n: int) -> float:
        """Tasks through its worker: a second."""
        before = self._done()
        started = time.perf_counter()
        self.delay(n)
        wait_until(lambda: self._done() - before >= n, ROUND_WITHIN, "the tasks of the opponent to run")
        return n / (time.perf_counter() - started)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Its worker runs meanwhile."""
        worker = subprocess.Popen([*self.command, "work"], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            end(worker)

    def close(self) -> None:
        """End the producer."""
        self.producer.close()

    def _done(self) -> int:
        return self.done_file.stat().st_size if self.done_file.exists() else 0


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Interleave the sides, round by round."""
    accepted, delayed, guarded, bare = [], [], [], []
    with tempfile.TemporaryDirectory() as place, a_bench(folder := Path(place)) as bench:
        tell("making its environment")
        opponent = Opponent(opponent_environment(folder), bench, folder / "opponent-done")
        try:
            opponent.delay(20)
            for _ in range(rounds):
                accepted.append(bench.accept(n))
                delayed.append(opponent.delay(n))
                bench.empty()
            tell("accepting is measured; now working")
            with a_worker(folder, bench), opponent.working():
                bench.guarded(20)
                opponent.bare(20)
                for number in range(rounds):
                    guarded.append(bench.guarded(n))
                    bare.append(opponent.bare(n))
                    tell(f"round {number + 1} of {rounds}")
        finally:
            opponent.close()
    figures = (
        compare("`accept`: insert and doorbell to delay() of celery-redis-plus", accepted, delayed, goal=2.0),
        compare("`guarded`: jobs to a bare no-op of celery-redis-plus", guarded, bare, goal=0.8),
    )
    return Report(name=NAME, seed=0, n=n, figures=figures)
