"""World "two-jobs": one device, two wipes one after the other, two workers, faults, persons, a late controller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from tests.model import calls
from tests.model.exchange import Exchange
from tests.model.handler import IN_EXCHANGE, Memory, Tally
from tests.model.jobs import BRAKES, Job, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.search import PERSON, State, Step
from tests.model.wipe_workers import Told, WipeWorkers
from tests.model.wipes import IDLE, JOBS, Budget, Wipes, canonical, rests

MOST = Budget(faults=1, cancels=1, releases=1, enrolments=1)


@dataclass(frozen=True, kw_only=True)
class TwoJobs:
    """Two wipes of one device, the second one asked for after the first has ended."""

    name: str = "two-jobs"
    rules: Rules = WANTED
    budget: Budget = MOST
    workers: int = 2
    jobs: int = 2
    #: Whether the client reports the end of its wipe; Outlook never does.
    reports: bool = True
    #: Workers are alike: two states that differ in who is who are one. Not while a way is to be told.
    alike: bool = True

    @property
    def faults(self) -> int:
        return self.budget.faults + self.budget.failovers

    def first(self) -> State:
        return Wipes(Ledger((Job(),)), (Memory(),), (Tally(),), (IDLE,) * self.workers, Exchange(), self.budget)

    def broken(self, state: State) -> Iterator[str]:
        now = cast("Wipes", state)
        if now.wrong:
            yield now.wrong
        for place, job in enumerate(now.ledger.jobs):
            if job.begun and job.outcome in ("refused", "expired"):
                yield f"{JOBS[place]} had begun and is on record as {job.outcome}"

    def rests(self, state: State) -> bool:
        now = cast("Wipes", state)
        return bool(now.wrong) or all(rests(job, running=now.ledger.running) for job in now.ledger.jobs)

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Wipes", state)
        if now.wrong:
            return
        for text, after, kind in self.happens(now):
            yield Step(text, canonical(after, self.rules, jobs=self.jobs, alike=self.alike), kind)

    def happens(self, now: Wipes) -> Iterator[Told]:
        """All that may happen next."""
        yield from self._persons(now)
        if any(job.state != "settled" for job in now.ledger.jobs) or len(now.ledger.jobs) < self.jobs:
            yield from _device(now, reports=self.reports)
        workers = WipeWorkers(self.rules, reports=self.reports)
        for place in range(len(now.workers)):
            if place and now.workers[place] == now.workers[place - 1] and self.alike:
                continue
            yield from workers.steps(now, place)
            if now.budget.faults:
                yield from workers.faults(now, place)

    def _persons(self, now: Wipes) -> Iterator[Told]:
        ledger, budget = now.ledger, now.budget
        for place, job in enumerate(ledger.jobs):
            if budget.cancels and job.state != "settled":
                answer = calls.cancel(ledger, place, self.rules)
                after = now._replace(ledger=answer.ledger, budget=budget._replace(cancels=budget.cancels - 1))
                if answer.said == "cancelled":
                    after = after.with_tally(place, now.tallies[place]._replace(cancelled=True))
                yield f"somebody cancels {JOBS[place]}: {answer.said}", after, PERSON
            if budget.releases and job.state == "held":
                yield f"somebody releases {JOBS[place]}", _released(now, place), PERSON
            if job.state == "held" and job.reason not in BRAKES and job.phase in IN_EXCHANGE:
                ledger_after = calls.look_again(ledger, place).ledger
                yield f"{JOBS[place]} is looked at once a day", now._replace(ledger=ledger_after), ""
        if len(ledger.jobs) < self.jobs and ledger.jobs[-1].state == "settled":
            yield "somebody asks for a second wipe of the phone as it is now", _asked_again(now), PERSON


def _released(now: Wipes, place: int) -> Wipes:
    job, memory, tally = now.ledger.jobs[place], now.memories[place], now.tallies[place]
    if job.reason in ("taken_back", "not_shown"):
        memory, tally = memory._replace(again=True), tally._replace(wanted=tally.wanted + 1)
    elif job.reason == "partnership_differs":
        memory = memory._replace(passed=now.exchange.late)
    budget = now.budget._replace(releases=now.budget.releases - 1)
    after = now.with_memory(place, memory).with_tally(place, tally)
    return after._replace(ledger=calls.release(now.ledger, place).ledger, budget=budget)


def _asked_again(now: Wipes) -> Wipes:
    truth = now.exchange.truth
    memory = Memory(meant=(truth.enrolment, truth.acknowledged))
    ledger = calls.insert(now.ledger, Job()).ledger
    return now._replace(ledger=ledger, memories=(*now.memories, memory), tallies=(*now.tallies, Tally()))


def _device(now: Wipes, *, reports: bool) -> Iterator[Told]:
    exchange, truth = now.exchange, now.exchange.truth
    if exchange.late != truth:
        yield "the late domain controller learns", now._replace(exchange=exchange.learned()), ""
    if truth.is_pending and truth.sent != truth.asked:
        yield "the phone fetches the wipe", now._replace(exchange=exchange.sent()), ""
    if truth.is_pending and truth.sent == truth.asked and reports:
        yield "the phone erases itself and acknowledges", now._replace(exchange=exchange.acknowledged()), ""
    if now.budget.enrolments and not truth.is_pending:
        budget = now.budget._replace(enrolments=now.budget.enrolments - 1)
        after = now._replace(exchange=exchange.enrolled(), budget=budget)
        yield "its owner enrols the phone anew", after, PERSON
