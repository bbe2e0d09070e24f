"""World "fallen": a service that was taken over writes into the keys of the ledger, whatever its access rights say.

One wipe of a phone and one of another phone on a second connector of the same organization, whose breaker lets one
through. It writes wider limits, a wipe that has ended anew, and what was signed as a job of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

from tests.model import calls, forged
from tests.model.jobs import PHONES, Job, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.search import FAULT, PERSON, State, Step
from tests.model.wipes import rests

T = TypeVar("T")

SIGNED = 2


class Fallen(NamedTuple):
    """A state of this world; `taken` says how often Exchange took what was signed, by its number, and `shown` whether
    it shows that: it does not of a phone that was enrolled anew.
    """

    ledger: Ledger
    hands: tuple[str, ...]
    taken: tuple[int, ...]
    shown: tuple[bool, ...]
    #: Wipes that somebody released for their brake, by what was signed.
    released: frozenset[int]
    #: Those that somebody released after it was asked whether they were sent.
    wanted: frozenset[int]
    #: Places of jobs of which a forger took out what was seen before they began.
    forgotten: frozenset[int]
    forgeries: int
    releases: int
    enrolments: int
    faults: int
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class FallenService:
    """What is written, and what happens beside it, so many times."""

    name: str = "fallen"
    rules: Rules = WANTED
    forgeries: int = 2
    releases: int = 1
    enrolments: int = 1
    faults: int = 1
    places: int = 1

    def first(self) -> State:
        jobs = tuple(Job(phone=phone, nonce=number + 1, elsewhere=number > 0) for number, phone in enumerate(PHONES))
        ledger = Ledger(jobs, places=self.places, issued=(None,) * SIGNED)
        budget = (self.forgeries, self.releases, self.enrolments, self.faults)
        return Fallen(ledger, ("",) * SIGNED, (0,) * SIGNED, (False,) * SIGNED, *(frozenset[int](),) * 3, *budget)

    def broken(self, state: State) -> Iterator[str]:
        now = cast("Fallen", state)
        if now.wrong:
            yield now.wrong
        for number, taken in enumerate(now.taken, start=1):
            if taken > 1 and number not in now.wanted:
                yield f"what was signed as number {number} was sent to Exchange twice"
        through = sum(taken > 0 and number not in now.released for number, taken in enumerate(now.taken, start=1))
        if through > self.places:
            yield f"{through} wipes of the organization passed the breaker without a release, and {self.places} may"

    def rests(self, state: State) -> bool:
        return all(rests(job, running=True) for job in cast("Fallen", state).ledger.jobs)

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Fallen", state)
        if now.wrong:
            return
        for place in range(len(now.ledger.jobs)):
            yield from self._forged(now, place)
            yield from self._persons(now, place)
            yield from self._worker(now, place)

    def _forged(self, now: Fallen, place: int) -> Iterator[Step]:
        if not now.forgeries:
            return
        job, after = now.ledger.jobs[place], now._replace(forgeries=now.forgeries - 1)
        if job.state != "settled" and not job.widened:
            ledger = forged.widen(now.ledger, place).ledger
            yield Step(f"somebody writes wider limits into wipe {place + 1}", after._replace(ledger=ledger), FAULT)
        if job.state == "settled" and job.begun:
            ledger = forged.revive(now.ledger, place).ledger
            forgotten = after._replace(ledger=ledger, forgotten=now.forgotten | {place})
            yield Step(f"somebody writes wipe {place + 1} anew", forgotten, FAULT)
        if job.state != "settled" and job.begun:
            ledger = forged.deny(now.ledger, place).ledger
            denied = after._replace(ledger=ledger, forgotten=now.forgotten | {place})
            yield Step(f"somebody writes that wipe {place + 1} never began", denied, FAULT)
        if place < SIGNED:
            ledger = forged.twin(now.ledger, place).ledger
            text = f"somebody puts what was signed for wipe {place + 1} in once more"
            yield Step(text, after._replace(ledger=ledger, hands=(*now.hands, "")), FAULT)

    def _persons(self, now: Fallen, place: int) -> Iterator[Step]:
        job = now.ledger.jobs[place]
        if now.releases and job.state == "held":
            after = now._replace(ledger=calls.release(now.ledger, place).ledger, releases=now.releases - 1)
            if job.reason == "breaker":
                after = after._replace(released=now.released | {job.nonce})
            else:
                after = after._replace(wanted=now.wanted | {job.nonce})
            yield Step(f"somebody releases wipe {place + 1}", after, PERSON)
        if now.enrolments and now.shown[job.nonce - 1]:
            shown = _with(now.shown, job.nonce, False)
            after = now._replace(shown=shown, enrolments=now.enrolments - 1)
            yield Step(f"the owner enrols the {job.phone} again", after, PERSON)

    def _worker(self, now: Fallen, place: int) -> Iterator[Step]:
        hand, text = now.hands[place], f"the worker of wipe {place + 1}"
        if hand == "":
            yield from self._claims(now, place)
            return
        if hand == "begin":
            answer = calls.begin(now.ledger, place, self.rules, owns=True)
            after = _handed(now, answer.ledger, place, "send" if answer.said == "ok" else "")
            if answer.said == "ok" and now.ledger.jobs[place].widened:
                after = after._replace(wrong=f"wipe {place + 1} began with limits that nobody had verified")
            yield Step(f"{text} begins: {answer.said}", after)
        elif hand == "send":
            nonce = now.ledger.jobs[place].nonce
            taken = _with(now.taken, nonce, now.taken[nonce - 1] + 1)
            after = now._replace(taken=taken, shown=_with(now.shown, nonce, True))
            yield Step(f"Exchange takes wipe {place + 1}", _handed(after, now.ledger, place, "done"))
        elif hand == "hold":
            ledger = calls.hold(now.ledger, place, self.rules, owns=True, reason="unproven").ledger
            yield Step(f"{text} holds it", _handed(now, ledger, place, ""))
        else:
            outcome = "refused" if hand == "refuse" else "succeeded"
            answer = calls.settle(now.ledger, place, self.rules, owns=True, outcome=outcome)
            if answer.said == "begun":
                answer = calls.hold(now.ledger, place, self.rules, owns=True, reason="unproven")
            yield Step(f"{text} ends it as {outcome}: {answer.said}", _handed(now, answer.ledger, place, ""))
        if now.faults:
            after = _handed(now, calls.lapse(now.ledger, place).ledger, place, "")
            yield Step(f"{text} dies", after._replace(faults=now.faults - 1), FAULT)

    def _claims(self, now: Fallen, place: int) -> Iterator[Step]:
        job = now.ledger.jobs[place]
        answer = calls.claim(now.ledger, place, self.rules)
        if answer.ledger != now.ledger:
            hand = self._plan(now, place) if answer.said == "claimed" else ""
            yield Step(f"a worker claims wipe {place + 1}: {answer.said}", _handed(now, answer.ledger, place, hand))
        elif job.state == "claimed" and not job.lapsed:
            ledger = calls.lapse(now.ledger, place).ledger
            yield Step(f"the lease of wipe {place + 1} runs out", now._replace(ledger=ledger))

    def _plan(self, now: Fallen, place: int) -> str:
        """What a worker finds: limits that intake did not seal are refused; what Exchange has is looked at."""
        job = now.ledger.jobs[place]
        if job.widened:
            return "refuse"
        if job.begun and now.shown[job.nonce - 1]:
            return "done"
        # Another partnership than before it began, if that is known: a person decides.
        was_enrolled_anew = job.begun and now.taken[job.nonce - 1] and place not in now.forgotten
        return "hold" if was_enrolled_anew else "begin"


def _with(values: tuple[T, ...], number: int, value: T) -> tuple[T, ...]:
    return (*values[: number - 1], value, *values[number:])


def _handed(now: Fallen, ledger: Ledger, place: int, hand: str) -> Fallen:
    return now._replace(ledger=ledger, hands=(*now.hands[:place], hand, *now.hands[place + 1 :]))
