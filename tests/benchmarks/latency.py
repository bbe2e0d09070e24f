"""How long an idle worker takes from a doorbell to the claim of its job: one real worker process, one job at a time.

From right before the insert that rings to the claim's status message. The worker has nothing else to do, as most wipes
find it; between two jobs it is left alone for a moment.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any, cast

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import keys
from exconn.stream import Number
from tests.benchmarks.actions import Bench, a_bench, a_worker
from tests.benchmarks.report import Report, compare_size

NAME = "latency"
MEDIAN_MS, NEARLY_ALWAYS_MS = 10, 50
#: Jobs before the first that counts: the worker loads what it needs.
WARM_UP = 20
PAUSE_SECONDS = 0.02
WITHIN_SECONDS = 30

Tell = Callable[[str], None]


def run(rounds: int, n: int, tell: Tell) -> Report:
    """`rounds` times `n` jobs, one after another."""
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder, a_bench(Path(folder)) as bench, a_worker(Path(folder), bench):
        for _ in range(WARM_UP):
            _claimed_after_ms(bench)
        for number in range(rounds):
            taken += [_claimed_after_ms(bench) for _ in range(n)]
            tell(f"round {number + 1} of {rounds}")
    cuts = quantiles(taken, n=100)
    figures = (
        compare_size("idle doorbell to claim, median, ms to ms", cuts[49], MEDIAN_MS, goal=1),
        compare_size("idle doorbell to claim, 99 of 100, ms to ms", cuts[98], NEARLY_ALWAYS_MS, goal=1),
    )
    return Report(name=NAME, seed=0, n=len(taken), figures=figures)


def _claimed_after_ms(bench: Bench) -> float:
    """The time to the claim of one more job; comes back once the job has settled and the worker has rested."""
    newest = cast("list[tuple[str, Any]]", bench.client.xrevrange(keys.STATUS, count=1))
    position = newest[0][0] if newest else "0"
    started, claimed = time.perf_counter(), None
    bench.insert(Kind.ECHO, Service.DISCOVERY, Checks.NONE)
    deadline = started + WITHIN_SECONDS
    while time.perf_counter() < deadline:
        found = cast("list[Any]", bench.client.xread({keys.STATUS: position}, block=1000))
        now = time.perf_counter()
        for entry, fields in found[0][1] if found else ():
            position = entry
            if int(fields["n"]) == Number.JOB_CLAIMED:
                claimed = now
            elif int(fields["n"]) == Number.JOB_SUCCEEDED and claimed is not None:
                threading.Event().wait(PAUSE_SECONDS)
                return (claimed - started) * 1000
    raise RuntimeError("the worker did not hear a doorbell")
