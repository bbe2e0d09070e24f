"""The states of the worlds with one device: the ledger, its workers, Exchange; and which of them are one state."""

from typing import NamedTuple

from tests.model import calls
from tests.model.exchange import Exchange
from tests.model.handler import Decision, Memory, Snapshot, Tally
from tests.model.jobs import CANCELLATIONS, Job, Ledger
from tests.model.rules import Rules

JOBS = ("the first wipe", "the second wipe")
NAMES = ("worker A", "worker B")
#: Where a worker is about to change Exchange. It does so also when the job is no longer its own.
SENDING = frozenset({"send", "take back"})


class Worker(NamedTuple):
    """A worker process. `at` is what it is about to do."""

    at: str = "idle"
    job: int = -1
    owns: bool = False
    #: Whether its shell in Exchange is open: a successor ends it before it reads back.
    shell: bool = True
    read: Snapshot | None = None
    late: bool = False
    decision: Decision | None = None
    #: Whether it had the job at each of the earlier moments to which a fail-over may lead back.
    owned: tuple[bool, ...] = ()


class Budget(NamedTuple):
    """What may still happen."""

    faults: int = 0
    cancels: int = 0
    releases: int = 0
    enrolments: int = 0
    failovers: int = 0


class Kept(NamedTuple):
    """What a replica may have: everything that the ledger kept some records ago."""

    ledger: Ledger
    memories: tuple[Memory, ...]


class Wipes(NamedTuple):
    """A state."""

    ledger: Ledger
    memories: tuple[Memory, ...]
    tallies: tuple[Tally, ...]
    workers: tuple[Worker, ...]
    exchange: Exchange
    budget: Budget
    #: The newest first; whether a server took over and the coordinator has not looked since.
    behind: tuple[Kept, ...] = ()
    taken_over: bool = False
    #: What went wrong in the step to this state and cannot be seen in it.
    wrong: str = ""

    def with_memory(self, place: int, memory: Memory) -> "Wipes":
        """The same, with what is kept of one job replaced."""
        return self._replace(memories=(*self.memories[:place], memory, *self.memories[place + 1 :]))

    def with_tally(self, place: int, tally: Tally) -> "Wipes":
        """The same, with what is counted of one job replaced."""
        return self._replace(tallies=(*self.tallies[:place], tally, *self.tallies[place + 1 :]))

    def put(self, place: int, worker: Worker) -> "Wipes":
        """The same, with one worker replaced."""
        return self._replace(workers=(*self.workers[:place], worker, *self.workers[place + 1 :]))

    def fault(self) -> "Wipes":
        """One fault less is left."""
        return self._replace(budget=self.budget._replace(faults=self.budget.faults - 1))

    def lapse(self, place: int) -> "Wipes":
        """The lease of that job runs out, if it has one."""
        return self._replace(ledger=calls.lapse(self.ledger, place).ledger)


IDLE = Worker()
NO_MEMORY, NO_TALLY = Memory(), Tally()


def canonical(now: Wipes, rules: Rules, *, jobs: int, alike: bool) -> Wipes:
    """The state that stands for all that go on as this one. `jobs`: so many wipes are asked for in all."""
    workers = tuple(_useful(worker, rules) for worker in now.workers)
    if alike and len(workers) == 2 and hash(workers[0]) > hash(workers[1]):
        workers = (workers[1], workers[0])
    held = {worker.job for worker in workers if worker.at != "idle"}
    memories, tallies = now.memories, now.tallies
    for place, job in enumerate(now.ledger.jobs):
        if job.state == "settled" and place not in held and not now.behind:
            memories = (*memories[:place], NO_MEMORY, *memories[place + 1 :])
            tallies = (*tallies[:place], NO_TALLY, *tallies[place + 1 :])
        elif tallies[place].recorded:
            sending = sum(worker.at == "send" and worker.job == place for worker in workers)
            tally = tallies[place]._replace(recorded=min(tallies[place].recorded, sending))
            tallies = (*tallies[:place], tally, *tallies[place + 1 :])
    exchange = now.exchange
    if len(now.ledger.jobs) == jobs and not now.behind:
        last = now.ledger.jobs[-1]
        if last.state == "settled" and not held:
            exchange = Exchange()
        elif rules.looks_where_it_began and last.begun and not memories[-1].late and not held - {jobs - 1}:
            exchange = exchange.learned()  # nobody asks the late one any more
    return now._replace(workers=workers, memories=memories, tallies=tallies, exchange=exchange)


def _useful(worker: Worker, rules: Rules) -> Worker:
    """Who lost the job can do no more than send what is about to be sent: the ledger refuses the rest."""
    if worker.owns or not rules.token_check or any(worker.owned) or (worker.at in SENDING and worker.shell):
        return worker
    return IDLE


def rests(job: Job, *, running: bool) -> bool:
    """Whether a job has ended, or stands before a person: also the one who turned the kill switch on.

    One that is held although it was cancelled does not, unless it says that: nobody expects it there.
    """
    if job.state == "held":
        return not job.cancel or job.reason in CANCELLATIONS
    return job.state == "settled" or (job.wait == "switch" and not running)
