"""The control: a Celery task that wipes, killed by the same harness. The stock one must lose and double.

Lost: the worker is stopped while it waits for messages, one is pushed (the server pops it for the dead), the worker
is killed. Doubled: with late acknowledgement, the worker is killed between the cmdlet and its answer.
"""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import redis

from exconn.contracts import Checks, Kind, Service
from exconn.keyspace import connect
from exconn.ledger import Job, Outcome, State
from tests.faults.report import ControlFigures
from tests.faults.rivals import VISIBILITY, Rival
from tests.support.fault_runs.evidence import Clear, clears, now
from tests.support.fault_runs.judge import judge
from tests.support.fault_runs.points import Point
from tests.support.fault_runs.setting import Setting
from tests.support.fault_runs.trial import Trial
from tests.support.machine.processes import ChildProcess, comes_true, wait_until
from tests.support.system.cluster import Cluster

QUEUE = "stock"
STOCK = Point("stock")
READY_WITHIN = timedelta(seconds=30)
AGAIN_WITHIN = timedelta(seconds=60)
LATE_SECONDS = 10.0
#: Each look asks the simulator for all that was executed.
LOOK_EVERY = timedelta(seconds=0.1)


@dataclass(frozen=True)
class Controls:
    """All controls of a run, each with as many devices as the others."""

    rivals: Sequence[Rival]
    devices_of_each: int

    @property
    def devices(self) -> int:
        """How many they need in all."""
        return len(self.rivals) * self.devices_of_each

    def run(
        self, cluster: Cluster, setting: Setting, guids: Sequence[str], tell: Callable[[str], None]
    ) -> dict[str, ControlFigures]:
        """One after another, with the phones of nobody else."""
        size = self.devices_of_each
        shares = [guids[place * size : (place + 1) * size] for place, _ in enumerate(self.rivals)]
        pairs = zip(self.rivals, shares, strict=True)
        return {rival.name: run_control(cluster, setting, rival, share, tell) for rival, share in pairs}


def run_control(
    cluster: Cluster, setting: Setting, rival: Rival, guids: Sequence[str], tell: Callable[[str], None]
) -> ControlFigures:
    """Half of the devices for each of the two ways to fail.

    Each way has a database of its own: a killed worker leaves locks behind, and whose connection waits must be known.
    """
    middle = len(guids) // 2
    losing, doubling = rival.databases
    cluster.simulator.control("DELETE", "/faults")
    _Control(cluster, setting, rival, losing).lose(guids[:middle])
    _Control(cluster, setting, rival, doubling).double(guids[middle:])
    found = judge_stock(guids, clears(cluster.simulator.oracle(cmdlet="Clear-*")))
    tell(f"control, {rival.name}: {found.lost} of {middle} lost, {found.doubled} of {len(guids) - middle} doubled")
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
    def __init__(self, cluster: Cluster, setting: Setting, rival: Rival, database: int) -> None:
        self._cluster = cluster
        self._setting = setting
        self._rival = rival
        self._database = database
        self._url = cluster.valkey.url.removesuffix("/0") + f"/{database}"
        self._broker: redis.Redis = connect(self._url)

    def lose(self, guids: Sequence[str]) -> None:
        """Have the worker of each of these wipes die with the message popped for it, and give others time for it.

        Each has a queue of its own, so that no worker dies of one wipe while it is at another one.
        """
        queues = [f"{QUEUE}-{number}" for number, _ in enumerate(guids)]
        for queue, guid in zip(queues, guids, strict=True):
            worker = self._worker([queue], late=False)
            try:
                self._pop_into_the_dead(worker, queue, guid)
            finally:
                worker.end_group()
        survivor = self._worker(queues, late=False)
        try:
            self._wait_idle(queues)
            self._wait_for(guids, len(guids), self._rival.comes_back_within)
        finally:
            survivor.end_group()

    def double(self, guids: Sequence[str]) -> None:
        """Have the worker of these wipes die before it acknowledges, and give others time for them."""
        self._cluster.simulator.fault("slow_answer", cmdlet="Clear-*", times=-1, seconds=LATE_SECONDS)
        worker = self._worker([QUEUE], late=True, concurrency=len(guids))
        try:
            for guid in guids:
                self._send(QUEUE, guid)
            wait_until(lambda: self._executed(guids) >= len(guids), READY_WITHIN, "stock wipes", logs=[worker.log])
        finally:
            worker.end_group()
        self._cluster.simulator.control("DELETE", "/faults")
        # A stock worker looks for what others left when it starts, and then not again for minutes: it is not to start
        # before that is its to take, which is a matter of time alone: there is nothing to ask.
        time.sleep(2 * VISIBILITY.total_seconds())
        survivor = self._worker([QUEUE], late=True, concurrency=len(guids))
        try:
            self._wait_for(guids, 2 * len(guids), max(AGAIN_WITHIN, self._rival.comes_back_within))
        finally:
            survivor.end_group()

    def _wait_for(self, guids: Sequence[str], wipes: int, within: timedelta) -> None:
        """So many wipes of these, or none more in time: absence needs time, not a condition."""
        comes_true(lambda: self._executed(guids) >= wipes, within, every=LOOK_EVERY)

    def _worker(self, queues: Sequence[str], *, late: bool, concurrency: int = 1) -> ChildProcess:
        worker = ChildProcess(
            self._rival.name,
            self._rival.command,
            env={
                "EXCONN_BROKER_URL": self._url,
                "EXCONN_LEDGER_URL": self._cluster.valkey.url,
                "STOCK_CONNECTOR": self._setting.connectors[0],
                "STOCK_QUEUES": ",".join(queues),
                "STOCK_WIPING_PYTHON": sys.executable,
                "STOCK_LATE": "1" if late else "",
                "STOCK_VISIBILITY": str(int(VISIBILITY.total_seconds())),
                "STOCK_CONCURRENCY": str(concurrency),
                "PYTHONPATH": str(Path.cwd()),
            },
            log=self._cluster.folder / f"{self._rival.name}.log",
        )
        worker.wait_until(lambda: self._waits() > 0, READY_WITHIN, "its first wait for messages")
        return worker

    def _pop_into_the_dead(self, worker: ChildProcess, queue: str, guid: str) -> None:
        """Its wait may have ended just before it was stopped; then the message stays in the queue: once more."""

        def popped() -> bool:
            wait_until(lambda: self._waits() > 0, READY_WITHIN, "a waiting worker")
            worker.signal(signal.SIGSTOP)
            self._send(queue, guid)
            if self._rival.queued(self._broker, queue) == 0:
                worker.kill()
                return True
            self._rival.empty(self._broker, queue)
            worker.signal(signal.SIGCONT)
            return False

        wait_until(popped, READY_WITHIN, "a message popped for a stopped worker")

    def _send(self, queue: str, guid: str) -> None:
        self._rival.send(self._url, queue, guid)

    def _waits(self) -> int:
        """How many connections of its worker stand in its blocking command."""
        found = self._broker.client_list()
        mine = [one for one in found if one["db"] == str(self._database) and "b" in one["flags"]]
        return sum(one["cmd"] == self._rival.waiting_in for one in mine)

    def _wait_idle(self, queues: Sequence[str]) -> None:
        def idle() -> bool:
            return self._waits() > 0 and not any(self._rival.queued(self._broker, queue) for queue in queues)

        wait_until(idle, READY_WITHIN, "an idle worker")

    def _executed(self, guids: Sequence[str]) -> int:
        entries = self._cluster.simulator.oracle(cmdlet="Clear-*")
        return sum(clear.guid in guids and not clear.cancel for clear in clears(entries))
