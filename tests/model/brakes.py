"""World "brakes": three wipes of three phones, a breaker that lets one through, pause, a resume that may die, releases.

What happens in Exchange is one step: the cmdlet was taken, or nobody knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from tests.model import calls, kill_switch
from tests.model.jobs import REQUESTER, Job, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.search import FAULT, PERSON, State, Step
from tests.model.wipes import rests

JOBS = ("the first wipe", "the second wipe", "the third wipe")


class Braked(NamedTuple):
    """A state of this world. `hands` says of each job what its worker is about to do, empty: nobody has it."""

    ledger: Ledger
    hands: tuple[str, ...]
    #: Wipes that Exchange took, and releases, of each job.
    taken: tuple[int, ...]
    released: tuple[int, ...]
    #: Whether a person's resume is between two of its calls.
    resuming: bool
    faults: int
    cancels: int
    pauses: int
    releases: int
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class Brakes:
    """One job at a time is made due by a call of a resume, so that a resume of two has a middle."""

    name: str = "brakes"
    rules: Rules = WANTED
    faults: int = 1
    cancels: int = 1
    pauses: int = 2
    releases: int = 2
    jobs: int = 3
    places: int = 1

    def first(self) -> State:
        none = (0,) * self.jobs
        ledger = Ledger((Job(),) * self.jobs, places=self.places)
        hands = ("",) * self.jobs
        return Braked(ledger, hands, none, none, False, self.faults, self.cancels, self.pauses, self.releases)

    def broken(self, state: State) -> Iterator[str]:
        now = cast("Braked", state)
        if now.wrong:
            yield now.wrong
        for place, (job, taken) in enumerate(zip(now.ledger.jobs, now.taken, strict=True)):
            if taken > 1:
                yield f"{JOBS[place]} was sent to Exchange twice"
            if job.begun and job.outcome == "expired":
                yield f"{JOBS[place]} has begun, and ended as if its time had passed before"
            if taken > job.begun:
                yield f"{JOBS[place]} was sent to Exchange without a record of it"
        through = sum(1 for job, freed in zip(now.ledger.jobs, now.released, strict=True) if job.begun and not freed)
        if through > self.places:
            yield f"{through} wipes passed the breaker without a release, and {self.places} may"

    def rests(self, state: State) -> bool:
        now = cast("Braked", state)
        return not now.resuming and all(rests(job, running=now.ledger.running) for job in now.ledger.jobs)

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Braked", state)
        if now.wrong:
            return
        yield from self._switch(now)
        for place in range(self.jobs):
            # Phones are alike: of jobs that are as one another, one is enough.
            if place and self._of(now, place) == self._of(now, place - 1):
                continue
            yield from self._persons(now, place)
            yield from self._expires(now, place)
            yield from self._worker(now, place)

    @staticmethod
    def _of(now: Braked, place: int) -> tuple[object, ...]:
        return now.ledger.jobs[place], now.hands[place], now.taken[place], now.released[place]

    def _switch(self, now: Braked) -> Iterator[Step]:
        if now.pauses and now.ledger.running:
            paused = kill_switch.pause(now.ledger).ledger
            yield Step("somebody pauses", now._replace(ledger=paused, pauses=now.pauses - 1), PERSON)
        if not now.ledger.running and not now.resuming:
            yield from self._resumes(now, first=True)
            yield from self._others_resume(now)
        if now.resuming:
            yield from self._resumes(now, first=False)
            if now.faults:
                yield Step(
                    "who resumes dies between two calls", now._replace(resuming=False, faults=now.faults - 1), FAULT
                )
        drained = calls.drain(now.ledger, self.rules, limit=1).ledger
        if drained != now.ledger:
            yield Step("the coordinator makes a stopped wipe due", now._replace(ledger=drained))

    def _resumes(self, now: Braked, *, first: bool) -> Iterator[Step]:
        answer = kill_switch.resume(now.ledger, limit=1, first=first)
        text = f"somebody resumes: {answer.said}" if first else f"the resume goes on: {answer.said}"
        yield Step(text, now._replace(ledger=answer.ledger, resuming=answer.said == "more"), PERSON if first else "")

    def _others_resume(self, now: Braked) -> Iterator[Step]:
        """Whose wipes wait is refused; another one goes the way of who paused."""
        for by in (REQUESTER, "another"):
            answer = kill_switch.resume(now.ledger, limit=1, first=True, by=by)
            if by == REQUESTER and answer.ledger != now.ledger:
                wrong = "who asked for what waits turned the kill switch off"
                yield Step(f"{by} resumes: {answer.said}", now._replace(ledger=answer.ledger, wrong=wrong), PERSON)

    def _expires(self, now: Braked, place: int) -> Iterator[Step]:
        # A round first ends what an interrupted resume left.
        if now.ledger.running and any(job.wait == "switch" for job in now.ledger.jobs):
            return
        answer = calls.expire(now.ledger, place, self.rules)
        if answer.ledger != now.ledger:
            after = now._replace(ledger=answer.ledger)
            yield Step(f"the time of {JOBS[place]} passes, and a round ends it", after)

    def _persons(self, now: Braked, place: int) -> Iterator[Step]:
        job = now.ledger.jobs[place]
        if now.cancels and job.state != "settled":
            answer = calls.cancel(now.ledger, place, self.rules)
            after = now._replace(ledger=answer.ledger, cancels=now.cancels - 1)
            yield Step(f"somebody cancels {JOBS[place]}: {answer.said}", after, PERSON)
        if now.releases and job.state == "held":
            ledger = calls.release(now.ledger, place).ledger
            released = _more(now.released, place) if job.reason == "breaker" else now.released
            after = now._replace(ledger=ledger, releases=now.releases - 1, released=released)
            yield Step(f"somebody releases {JOBS[place]}", after, PERSON)

    def _worker(self, now: Braked, place: int) -> Iterator[Step]:
        if now.hands[place] == "":
            answer = calls.claim(now.ledger, place, self.rules)
            if answer.ledger != now.ledger:
                hand = self._plan(now, place) if answer.said == "claimed" else ""
                after = self._handed(now._replace(ledger=answer.ledger), place, hand)
                yield Step(f"a worker claims {JOBS[place]}: {answer.said}", after)
            return
        yield from self._acts(now, place)
        if now.faults:
            after = now._replace(ledger=calls.lapse(now.ledger, place).ledger, faults=now.faults - 1)
            yield Step(f"the worker of {JOBS[place]} dies", self._handed(after, place, ""), FAULT)

    def _plan(self, now: Braked, place: int) -> str:
        if now.ledger.jobs[place].begun and now.taken[place]:
            return "done"
        return "begin"

    def _acts(self, now: Braked, place: int) -> Iterator[Step]:
        hand = now.hands[place]
        if hand == "begin":
            answer = calls.begin(now.ledger, place, self.rules, owns=True)
            after = self._handed(now._replace(ledger=answer.ledger), place, "send" if answer.said == "ok" else "")
            if answer.said == "ok" and not now.ledger.running:
                after = after._replace(wrong=f"{JOBS[place]} began while the kill switch was on")
            yield Step(f"the worker of {JOBS[place]} begins: {answer.said}", after)
        elif hand == "send":
            after = self._handed(now._replace(taken=_more(now.taken, place)), place, "done")
            yield Step(f"Exchange takes {JOBS[place]}", after)
        else:
            answer = calls.settle(now.ledger, place, self.rules, owns=True, outcome="succeeded")
            yield Step(f"{JOBS[place]} is acknowledged", self._handed(now._replace(ledger=answer.ledger), place, ""))

    @staticmethod
    def _handed(now: Braked, place: int, hand: str) -> Braked:
        return now._replace(hands=(*now.hands[:place], hand, *now.hands[place + 1 :]))


def _more(counts: tuple[int, ...], place: int) -> tuple[int, ...]:
    return (*counts[:place], counts[place] + 1, *counts[place + 1 :])
