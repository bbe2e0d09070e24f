"""World "fail-over": the server that takes over lacks the last records, at most two; one wipe, a late controller.

Insert, cancel and `begin` wait for the replica where they are confirmed: then nothing before them can be lost. Without
that, some promises do not hold: they are known, and looked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from tests.model import kill_switch
from tests.model.exchange import Exchange
from tests.model.handler import Memory, Tally
from tests.model.jobs import Job, Ledger
from tests.model.search import FAULT, PERSON, State, Step
from tests.model.two_jobs import TwoJobs
from tests.model.wipe_workers import Told
from tests.model.wipes import IDLE, JOBS, SENDING, Kept, Wipes, Worker, canonical

#: So many records may be lost.
MOST_LOST = 2
ACCEPTED_LOST = "a wipe that was accepted is lost: no ledger knows of it"
NO_RECORD = "the wipe was sent to Exchange, and the ledger has no record that it had begun"
CANCELLED_SENT = f"{JOBS[0]} was sent to Exchange after somebody was told that it is cancelled"
SENT_TWICE = f"{JOBS[0]} was sent to Exchange twice, and nobody had asked for that"
#: What is known to be possible where nothing is confirmed.
KNOWN_LOSSES = (
    ACCEPTED_LOST,
    NO_RECORD,
    CANCELLED_SENT,
    SENT_TWICE,
)


@dataclass(frozen=True, kw_only=True)
class FailOver(TwoJobs):
    """Where `confirmed`, insert, cancel and `begin` are on the replica before anybody goes by them."""

    name: str = "fail-over"
    jobs: int = 1
    confirmed: bool = True

    def first(self) -> State:
        inserted = Ledger((Job(),))
        behind = () if self.confirmed else (Kept(Ledger(()), ()),)
        workers = (IDLE,) * self.workers
        return Wipes(inserted, (Memory(),), (Tally(),), workers, Exchange(), self.budget, behind)

    def broken(self, state: State) -> Iterator[str]:
        now = cast("Wipes", state)
        yield from super().broken(state)
        if not now.ledger.jobs:
            yield ACCEPTED_LOST
        elif not now.tallies[0].wanted and not now.ledger.jobs[0].begun:
            yield NO_RECORD

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Wipes", state)
        if now.wrong or not now.ledger.jobs:
            return
        for text, after, kind in self.happens(now):
            yield Step(text, self._canonical(self._written(now, after)), kind)
        for text, after, kind in self._switched(now):
            yield Step(text, self._canonical(self._written(now, after)), kind)
        if now.budget.failovers:
            for lost in range(len(now.behind) + 1):
                text = f"the ledger's server dies; the one that takes over lacks {lost} of the last records"
                yield Step(text, self._canonical(_taken_over(now, lost)), FAULT)

    def _canonical(self, now: Wipes) -> Wipes:
        if not now.budget.failovers:
            now = _without_past(now)
        if not now.ledger.jobs:
            return now
        return canonical(now, self.rules, jobs=self.jobs, alike=self.alike)

    def _written(self, before: Wipes, after: Wipes) -> Wipes:
        """What was so before a record was written may come back, until a later one was confirmed."""
        if self.confirmed and (before.budget.cancels > after.budget.cancels or _begun(before, after)):
            return _without_past(after)
        if before.memories == after.memories and _recorded(before.ledger) == _recorded(after.ledger):
            return after
        behind = (Kept(before.ledger, before.memories), *before.behind)[:MOST_LOST]
        workers = (_remembers(old, new) for old, new in zip(before.workers, after.workers, strict=True))
        return after._replace(behind=behind, workers=tuple(workers))

    def _switched(self, now: Wipes) -> Iterator[Told]:
        if now.taken_over:
            paused = kill_switch.pause(now.ledger).ledger
            text = "the coordinator sees that another server took over, and turns the kill switch on"
            yield text, now._replace(ledger=paused, taken_over=False), ""
        if not now.ledger.running:
            running = kill_switch.resume(now.ledger, limit=1, first=True).ledger
            yield "somebody compares, and resumes", now._replace(ledger=running), PERSON


def _recorded(ledger: Ledger) -> Ledger:
    """The ledger without what time alone does."""
    jobs = (job._replace(lapsed=False) if job.lapsed else job for job in ledger.jobs)
    return ledger._replace(jobs=tuple(jobs))


def _begun(before: Wipes, after: Wipes) -> bool:
    """Whether a worker goes on to change Exchange."""
    workers = zip(before.workers, after.workers, strict=True)
    return any(new.at in SENDING and old.at == "begin" for old, new in workers)


def _remembers(old: Worker, new: Worker) -> Worker:
    """A lease that a worker had is its again where the server lost what came since."""
    if new.at == "idle":
        return new
    return new._replace(owned=(old.owns, *old.owned)[:MOST_LOST])


def _without_past(now: Wipes) -> Wipes:
    return now._replace(behind=(), workers=tuple(worker._replace(owned=()) for worker in now.workers))


def _taken_over(now: Wipes, lost: int) -> Wipes:
    budget = now.budget._replace(failovers=now.budget.failovers - 1)
    after = now._replace(budget=budget, taken_over=True)
    if not lost:
        return _without_past(after)
    kept = now.behind[lost - 1]
    workers = (worker._replace(owns=len(worker.owned) >= lost and worker.owned[lost - 1]) for worker in now.workers)
    after = _without_past(after._replace(ledger=kept.ledger, memories=kept.memories, workers=tuple(workers)))
    # A lease whose holder went on without it runs out.
    for place in range(len(kept.ledger.jobs)):
        if not any(worker.owns and worker.job == place for worker in after.workers):
            after = after.lapse(place)
    return after
