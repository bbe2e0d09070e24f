"""World "any-call": one wipe, and every call at any time, by its worker or one that has lost it.

Nothing is to be found here by the search. It leads to each state of a job and each call on it, also where no worker
comes, so that the real ledger can be compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from exconn.contracts import KINDS, Kind
from tests.model import calls, kill_switch
from tests.model.jobs import Answer, Job, Ledger
from tests.model.rules import WANTED
from tests.model.search import State, Step

LIFE = KINDS[Kind.WIPE].life


class Called(NamedTuple):
    """A state of this world."""

    ledger: Ledger


@dataclass(frozen=True, kw_only=True)
class AnyCall:
    """Of the phases, reasons and outcomes, those that the ledger tells apart."""

    name: str = "any-call"
    faults: int = 0
    phases: tuple[str, ...] = ("issued", "closed")
    reasons: tuple[str, ...] = ("unproven", "cancel_refused")
    outcomes: tuple[str, ...] = ("succeeded", "refused")
    switched: bool = True

    def first(self) -> State:
        return Called(Ledger((Job(),)))

    def broken(self, state: State) -> Iterator[str]:
        yield from ()

    def rests(self, state: State) -> bool:
        return True

    def steps(self, state: State) -> Iterator[Step]:
        ledger = cast("Called", state).ledger
        for answer in self._answers(ledger):
            yield Step(answer.said, Called(answer.ledger))

    def _answers(self, ledger: Ledger) -> Iterator[Answer]:
        yield calls.claim(ledger, 0, WANTED)
        yield calls.cancel(ledger, 0, WANTED)
        yield calls.lapse(ledger, 0)
        yield calls.renew(ledger, 0, WANTED, owns=True)
        if ledger.jobs[0].state == "settled":
            return
        yield calls.ring(ledger, 0, WANTED)
        yield calls.release(ledger, 0)
        yield calls.look_again(ledger, 0)
        if not (ledger.running and ledger.jobs[0].wait == "switch"):
            yield calls.expire(ledger, 0, WANTED)
        if self.switched:
            yield kill_switch.pause(ledger)
            yield kill_switch.resume(ledger, limit=1, first=True)
            yield calls.drain(ledger, WANTED, limit=1)
        yield from self._of_workers(ledger)

    def _of_workers(self, ledger: Ledger) -> Iterator[Answer]:
        before = ledger.jobs[0].phase
        for owns in (True, False):
            if LIFE.may_follow(before, "issuing"):
                yield calls.begin(ledger, 0, WANTED, owns=owns)
            if LIFE.may_follow(before, "cancelling"):
                yield calls.begin(ledger, 0, WANTED, owns=owns, withdraw=True)
            for reason in self.reasons:
                yield calls.hold(ledger, 0, WANTED, owns=owns, reason=reason)
            yield calls.defer(ledger, 0, WANTED, owns=owns)
            for outcome in self.outcomes:
                yield calls.settle(ledger, 0, WANTED, owns=owns, outcome=outcome)
            for phase in self.phases:
                if phase != before and LIFE.may_follow(before, phase):
                    if phase in LIFE.ends:
                        yield calls.settle(ledger, 0, WANTED, owns=owns, outcome="cancelled", phase=phase)
                    else:
                        yield calls.defer(ledger, 0, WANTED, owns=owns, phase=phase)
