"""The control: a stock Celery task that wipes, killed by the same harness. It must lose or double.

Lost: the worker is stopped while its BRPOP waits, the message is pushed (the server pops it for the dead), the worker
is killed. Doubled: with late acknowledgement, the worker is killed between the cmdlet and its answer.
"""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import redis
from celery import Celery

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import connect
from exconn.ledger import Job, Outcome, State
from tests.faults.report import ControlFigures
from tests.support.fault_runs.evidence import Clear, clears, now
from tests.support.fault_runs.judge import judge
from tests.support.fault_runs.points import Point
from tests.support.fault_runs.setting import Setting
from tests.support.fault_runs.trial import Trial
from tests.support.machine.processes import ChildProcess, wait_until
from tests.support.system.cluster import Cluster

QUEUE = "stock"
#: Each way has a database of its own: a killed worker leaves locks behind, and whose connection waits must be known.
LOSING, DOUBLING = 1, 2
STOCK = Point("stock")
VISIBILITY = timedelta(seconds=1)
READY_WITHIN = timedelta(seconds=30)
#: Far beyond the visibility time-out: what has not run by then never will.
RUNS_WITHIN = timedelta(seconds=4)
AGAIN_WITHIN = timedelta(seconds=60)
LATE_SECONDS = 10.0


def run_control(
    cluster: Cluster, setting: Setting, guids: Sequence[str], tell: Callable[[str], None]
) -> ControlFigures:
    """Half of the devices for each of the two ways to fail."""
    middle = len(guids) // 2
    cluster.simulator.control("DELETE", "/faults")
    _Control(cluster, setting, LOSING).lose(guids[:middle])
    _Control(cluster, setting, DOUBLING).double(guids[middle:])
    found = judge_stock(guids, clears(cluster.simulator.oracle(cmdlet="Clear-*")))
    tell(f"control: {found.lost} of {middle} lost, {found.doubled} of {len(guids) - middle} doubled")
    return found


def judge_stock(guids: Sequence[str], executed: Sequence[Clear]) -> ControlFigures:
    """The judge of our own jobs on stock tasks: a task that Celery has taken counts as promised and as ended well.

    Nobody demands a record of them.
    """
    trials = [
        Trial(number=number, point=STOCK, connector=QUEUE, guid=guid, nonce="", job=f"stock-{number}")
        for number, guid in enumerate(guids)
    ]
    jobs = {trial.job: _done(trial.job) for trial in trials}
    verdict = judge(trials, jobs, executed, [])
    return ControlFigures(trials=len(trials), lost=len(verdict.lost), doubled=len(verdict.doubled))


def _done(name: str) -> Job:
    return Job(
        id=name,
        kind=Kind.WIPE,
        connector=QUEUE,
        service=Service.ACTIONS,
        state=State.SETTLED,
        payload="",
        checks=Checks.ERASE,
        created=now(),
        outcome=Outcome.SUCCEEDED,
    )


class _Control:
    def __init__(self, cluster: Cluster, setting: Setting, database: int) -> None:
        self._cluster = cluster
        self._setting = setting
        self._database = database
        self._url = cluster.valkey.url.removesuffix("/0") + f"/{database}"
        self._broker: redis.Redis = connect(self._url)
        self._app = Celery("stock", broker=self._url, set_as_current=False)

    def lose(self, guids: Sequence[str]) -> None:
        """Have the worker of each of these wipes die with the message popped for it, and give others time for it."""
        for guid in guids:
            worker = self._worker(late=False)
            try:
                self._pop_into_the_dead(worker, guid)
            finally:
                worker.end_group()
        survivor = self._worker(late=False)
        try:
            self._wait_idle()
            time.sleep(RUNS_WITHIN.total_seconds())  # absence needs time, not a condition
        finally:
            survivor.end_group()

    def double(self, guids: Sequence[str]) -> None:
        """Have the worker of these wipes die before it acknowledges, and give others time for them."""
        self._cluster.simulator.fault("slow_answer", cmdlet="Clear-*", times=-1, seconds=LATE_SECONDS)
        worker = self._worker(late=True, concurrency=len(guids))
        try:
            for guid in guids:
                self._send(guid)
            wait_until(lambda: self._executed(guids) >= len(guids), READY_WITHIN, "stock wipes", logs=[worker.log])
        finally:
            worker.end_group()
        self._cluster.simulator.control("DELETE", "/faults")
        # A stock worker looks for what others left when it starts, and then not again for minutes.
        time.sleep(2 * VISIBILITY.total_seconds())
        survivor = self._worker(late=True, concurrency=len(guids))
        deadline = time.monotonic() + AGAIN_WITHIN.total_seconds()
        while self._executed(guids) < 2 * len(guids) and time.monotonic() < deadline:
            time.sleep(0.1)
        survivor.end_group()

    def _worker(self, *, late: bool, concurrency: int = 1) -> ChildProcess:
        worker = ChildProcess(
            "stock",
            [sys.executable, "-m", "tests.faults.stock"],
            env={
                "EXCONN_BROKER_URL": self._url,
                "EXCONN_LEDGER_URL": self._cluster.valkey.url,
                "STOCK_CONNECTOR": self._setting.connectors[0],
                "STOCK_LATE": "1" if late else "",
                "STOCK_VISIBILITY": str(int(VISIBILITY.total_seconds())),
                "STOCK_CONCURRENCY": str(concurrency),
                "PYTHONPATH": str(Path.cwd()),
            },
            log=self._cluster.folder / "stock.log",
        )
        worker.wait_until(lambda: self._waits() > 0, READY_WITHIN, "its first BRPOP")
        return worker

    def _pop_into_the_dead(self, worker: ChildProcess, guid: str) -> None:
        """Its BRPOP may have ended just before it was stopped; then the message stays in the queue: once more."""

        def popped() -> bool:
            wait_until(lambda: self._waits() > 0, READY_WITHIN, "a waiting BRPOP")
            worker.signal(signal.SIGSTOP)
            self._send(guid)
            if self._broker.llen(QUEUE) == 0:
                worker.kill()
                return True
            self._broker.delete(QUEUE)
            worker.signal(signal.SIGCONT)
            return False

        wait_until(popped, READY_WITHIN, "a message popped for a stopped worker")

    def _send(self, guid: str) -> None:
        self._app.send_task("stock.wipe", args=[guid], queue=QUEUE)

    def _waits(self) -> int:
        """How many connections of the stock worker stand in BRPOP."""
        found = self._broker.client_list()
        return sum(one["db"] == str(self._database) and one["cmd"] == "brpop" and "b" in one["flags"] for one in found)

    def _wait_idle(self) -> None:
        wait_until(lambda: self._waits() > 0 and self._broker.llen(QUEUE) == 0, READY_WITHIN, "an idle stock worker")

    def _executed(self, guids: Sequence[str]) -> int:
        entries = self._cluster.simulator.oracle(cmdlet="Clear-*")
        return sum(clear.guid in guids and not clear.cancel for clear in clears(entries))
