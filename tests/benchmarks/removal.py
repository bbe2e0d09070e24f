"""What the removal of a connector with a large sweep under way costs the ledger's server: others wait behind each call.

Milliseconds of its processor, so that other processes matter little; the machine does, unlike with the ratios.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, Kind, Service
from exconn.ledger import Ledger, NewJob
from tests.benchmarks.report import Report, compare_size
from tests.support.machine.valkey import RestartableValkey

NAME = "removal"
CONNECTOR = "contoso"
#: Milliseconds that one call may keep all others waiting.
GOAL = 10
BY = "bench"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Removal:
    """Calls, the usual and the longest of them in milliseconds, and the seconds that all of it took."""

    calls: int
    usual: float
    longest: float
    seconds: float


def part_of(parent: str, generation: int, number: int) -> NewJob:
    """A parked part with the payload of fifty devices."""
    return NewJob(
        kind=Kind.PARTITION,
        connector=CONNECTOR,
        payload="x" * 2_000,
        idempotency_key=f"part-{number}",
        service=Service.DISCOVERY,
        checks=Checks.NONE,
        parent=parent,
        generation=generation,
        parked=True,
    )


def fill(ledger: Ledger, parts: int) -> None:
    """A sweep with so many parts, of which some are under way."""
    sweep = NewJob(
        kind=Kind.SWEEP,
        connector=CONNECTOR,
        payload="{}",
        idempotency_key="sweep",
        service=Service.DISCOVERY,
        checks=Checks.NONE,
    )
    claim = ledger.claim(ledger.insert(sweep).job_id, BY)
    if claim is None:
        raise RuntimeError("the sweep was not to be had")
    generation = ledger.restart_list(claim.lease)
    for number in range(parts):
        ledger.insert(part_of(claim.job.id, generation, number))
    ledger.await_children(claim.lease)
    for ring in ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 20}):
        ledger.claim(ring.job_id, BY)


def spent(client: redis.Redis) -> float:
    """Milliseconds of processor time that the server's only thread for commands has used."""
    found = client.info("cpu")
    return 1000 * (float(found["used_cpu_user_main_thread"]) + float(found["used_cpu_sys_main_thread"]))


def removed(client: redis.Redis, ledger: Ledger) -> Removal:
    """Remove the connector, and end all its jobs as intake and coordinators do, with a look after each call."""
    started, costs = time.perf_counter(), []
    before, left = spent(client), 1
    ConnectorStore(client).remove(CONNECTOR, BY)
    while left:
        costs.append(spent(client) - before)
        before = spent(client)
        left = ledger.clear_removed(CONNECTOR, by=BY, most=1)
    costs.append(spent(client) - before)
    return Removal(calls=len(costs), usual=median(costs), longest=max(costs), seconds=time.perf_counter() - started)


def run(rounds: int, n: int, tell: Tell) -> Report:
    """A new server for each round, with `n` parts."""
    longest: list[float] = []
    for number in range(rounds):
        with (
            tempfile.TemporaryDirectory() as directory,
            RestartableValkey(Path(directory)) as server,
            closing(server.client()) as client,
        ):
            ConnectorStore(client).apply(parse_definition(sample_definition(CONNECTOR)), BY)
            ledger = Ledger(client)
            fill(ledger, n)
            found = removed(client, ledger)
            if ledger.unsettled(CONNECTOR):
                raise RuntimeError("jobs are left")
        longest.append(found.longest)
        took = f"{found.usual:.1f} ms, the longest {found.longest:.1f} ms, in {found.seconds:.2f} s"
        tell(f"round {number + 1}: {found.calls} calls of {took}")
    what = "removal of a connector: milliseconds of the longest call on the server, to one"
    figure = compare_size(what, median(longest), 1.0, goal=GOAL)
    return Report(name=NAME, seed=0, n=n, figures=(figure,))
