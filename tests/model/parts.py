"""World "parts": a sweep that hands out two parts, is begun anew after a crash, or cancelled; parts fail."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from tests.model import calls
from tests.model.jobs import Answer, Job, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.search import FAULT, PERSON, State, Step
from tests.model.wipes import rests

PARTS = 2


class Parted(NamedTuple):
    """A state of this world. `hands` says of each job what its worker is about to do."""

    ledger: Ledger
    hands: tuple[str, ...]
    faults: int
    cancels: int
    refusals: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The sweep is the first job; its parts follow, also those of an earlier list."""

    name: str = "parts"
    rules: Rules = WANTED
    faults: int = 2
    cancels: int = 1
    #: How often Exchange refuses a part in a way that holds a job.
    refusals: int = 1

    def first(self) -> State:
        return Parted(Ledger((Job(phase=""),)), ("",), self.faults, self.cancels, self.refusals)

    def broken(self, state: State) -> Iterator[str]:
        jobs = cast("Parted", state).ledger.jobs
        sweep = jobs[0]
        counted = [job for job in jobs[1:] if job.generation == sweep.own_generation]
        waiting = sum(job.state != "settled" for job in counted)
        if sweep.state != "settled" and sweep.pending != waiting:
            yield f"the sweep waits for {sweep.pending} parts, and {waiting} are open"
        if sweep.outcome == "succeeded" and any(job.state != "settled" for job in counted):
            yield "the sweep ended before its parts"
        if self.rules.parts_are_not_held and any(job.state == "held" for job in jobs[1:]):
            yield "a part is held"

    def rests(self, state: State) -> bool:
        """A part before a person is no end: nobody is asked about each of a thousand."""
        jobs = cast("Parted", state).ledger.jobs
        return rests(jobs[0], running=True) and all(job.state == "settled" for job in jobs[1:])

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Parted", state)
        if now.cancels and now.ledger.jobs[0].state != "settled":
            answer = calls.cancel(now.ledger, 0, self.rules)
            after = now._replace(ledger=answer.ledger, cancels=now.cancels - 1)
            yield Step(f"somebody cancels the sweep: {answer.said}", after, PERSON)
        unparked = calls.unpark(now.ledger, self.rules).ledger
        if unparked != now.ledger:
            yield Step("the coordinator gives the next part its turn", now._replace(ledger=unparked))
        for place in range(len(now.ledger.jobs)):
            yield from self._worker(now, place)
            yield from self._coordinator(now, place)

    def _coordinator(self, now: Parted, place: int) -> Iterator[Step]:
        answer = calls.ring(now.ledger, place, self.rules)
        if answer.said == "over":
            yield Step(
                f"the coordinator ends {_name(place)}, which nobody waits for", now._replace(ledger=answer.ledger)
            )

    def _worker(self, now: Parted, place: int) -> Iterator[Step]:
        hand, job = now.hands[place], now.ledger.jobs[place]
        if hand == "":
            answer = calls.claim(now.ledger, place, self.rules)
            if answer.ledger != now.ledger:
                hand = _plan(job, place) if answer.said == "claimed" else ""
                after = _handed(now._replace(ledger=answer.ledger), place, hand)
                yield Step(f"a worker claims {_name(place)}: {answer.said}", after)
            return
        yield from self._acts(now, place, hand)
        if now.faults:
            after = now._replace(ledger=calls.lapse(now.ledger, place).ledger, faults=now.faults - 1)
            yield Step(f"the worker of {_name(place)} dies", _handed(after, place, ""), FAULT)

    def _acts(self, now: Parted, place: int, hand: str) -> Iterator[Step]:
        owns, text = now.ledger.jobs[place].state == "claimed", f"the worker of {_name(place)}"
        if hand == "list":
            answer = calls.restart_list(now.ledger, 0, self.rules, owns=owns)
            yield Step(f"{text} begins the list: {answer.said}", _next(now, place, answer, f"part {PARTS}"))
        elif hand.startswith("part"):
            left = int(hand[5:]) - 1
            generation = now.ledger.jobs[0].own_generation
            part = Job(parent=0, generation=generation, state="waiting", wait="credit", credit=True, phase="")
            answer = calls.insert(now.ledger, part)
            after = _next(now, place, answer, f"part {left}" if left else "seal")
            if answer.said == "ok":
                after = after._replace(hands=(*after.hands, ""))
            yield Step(f"{text} hands out a part: {answer.said}", after)
        elif hand == "seal":
            answer = calls.await_children(now.ledger, 0, self.rules, owns=owns)
            yield Step(f"{text} seals the list: {answer.said}", _next(now, place, answer, ""))
        else:
            answer = calls.settle(now.ledger, place, self.rules, owns=owns, outcome="succeeded")
            yield Step(f"{text} ends it: {answer.said}", _next(now, place, answer, ""))
            if place and now.refusals:
                answer = calls.hold(now.ledger, place, self.rules, owns=owns, reason="unexpected_failures")
                after = _next(now, place, answer, "")._replace(refusals=now.refusals - 1)
                yield Step(f"{text} fails for good: {answer.said}", after, FAULT)


def _plan(job: Job, place: int) -> str:
    if place:
        return "read"
    return "close" if job.sealed and job.pending <= 0 else "list"


def _name(place: int) -> str:
    return f"part {place}" if place else "the sweep"


def _next(now: Parted, place: int, answer: Answer, hand: str) -> Parted:
    ok = answer.said == "ok"
    return _handed(now._replace(ledger=answer.ledger), place, hand if ok else "")


def _handed(now: Parted, place: int, hand: str) -> Parted:
    return now._replace(hands=(*now.hands[:place], hand, *now.hands[place + 1 :]))
