"""Compares the model's calls with those of the real ledger: each distinct pair of a state and a call, once."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.model.jobs import ENDED, Answer, Ledger
from tests.model.real_calls import SAME_WORD, make
from tests.model.real_ledger import Dump, RealLedger
from tests.model.watching import Pair, Pairs

#: Differences that are told in full.
MOST_TOLD = 5


@dataclass
class Compared:
    """What came of it. `states`: of the ledger; `unreached`: calls in states of the model to which no call leads.

    `told`: differences, each with the calls that lead there.
    """

    name: str
    pairs: int = 0
    states: int = 0
    differences: int = 0
    unreached: int = 0
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)


def local(pair: Pair) -> tuple[object, ...]:
    """What decides a call: the job, its parent, switch and breaker. Of pairs that are alike in it, one is compared."""
    ledger, given = pair.ledger, pair.given
    if not given or not isinstance(given[0], int):
        return pair if ledger.most_open is None else _of_persons(pair)
    job = ledger.jobs[given[0]]
    if pair.call == "settle" and job.credit:
        return pair  # the next part gets its turn
    parent = ledger.jobs[job.parent] if job.parent >= 0 else None
    issued = (given[0], ledger.issued) if job.nonce else ()
    return pair.call, job, parent, ledger.running, ledger.places, issued, given[1:], pair.named


def _of_persons(pair: Pair) -> tuple[object, ...]:
    """What decides a call of a person: of each job whose it is, and where it stands."""
    jobs = tuple((job.state, job.wait, job.requester, job.phone, job.begun) for job in pair.ledger.jobs)
    return pair.call, jobs, pair.ledger._replace(jobs=()), pair.given, pair.named


def compare(name: str, first: Ledger, pairs: Pairs, real: RealLedger) -> Compared:
    """Make the calls of a world that begins with `first`."""
    return _Comparison(name, first, pairs, real).run()


class _Comparison:
    def __init__(self, name: str, first: Ledger, pairs: Pairs, real: RealLedger) -> None:
        self._pairs, self._real = pairs, real
        self._found = Compared(name)
        #: Each state by its dump; None: the ledger does not get there.
        self._kept: dict[Ledger, tuple[tuple[str, ...], Dump] | None] = {}
        #: By which call each state was reached first.
        self._reached: dict[Ledger, Pair] = {}
        for pair, answer in pairs.items():
            if answer.ledger != first and (pair.ledger == first or pair.ledger in self._reached):
                self._reached.setdefault(answer.ledger, pair)
        real.begin_world(first)
        self._kept[first] = real.dump()

    def run(self) -> Compared:
        started = time.monotonic()
        seen: set[object] = set()
        for pair, answer in self._pairs.items():
            key = local(pair)
            if key not in seen:
                seen.add(key)
                self._compare(pair, answer)
        self._found.states = len(self._kept)
        self._found.seconds = time.monotonic() - started
        return self._found

    def _compare(self, pair: Pair, answer: Answer) -> bool:
        """Whether the ledger does as the model does; False also where the way there differs already."""
        if not self._is_at(pair.ledger):
            return False
        self._found.pairs += 1
        said = make(self._real, pair)
        wanted, known = SAME_WORD.get(pair.call, str)(answer.said), answer.ledger
        seen = _with_ended(self._real.seen(), known)
        if (said, seen) != (wanted, known):
            self._differs(pair, f"the ledger says {said}, the model {wanted}", _differences(seen, known))
            return False
        if known not in self._kept:
            self._kept[known] = self._real.dump()
        return True

    def _is_at(self, ledger: Ledger) -> bool:
        """Brings it there, along the calls that lead there, from the last state on the way that is kept."""
        way = []
        while ledger not in self._kept:
            if ledger not in self._reached:
                self._found.unreached += 1
                return False
            way.append(self._reached[ledger])
            ledger = way[-1].ledger
        kept = self._kept[ledger]
        for pair in reversed(way):
            if kept is None or not self._compare(pair, self._pairs[pair]):
                kept = self._kept[self._pairs[pair].ledger] = None
            else:
                kept = self._kept[self._pairs[pair].ledger]
        if kept is not None:
            self._real.restore(kept)
        return kept is not None

    def _differs(self, pair: Pair, said: str, fields: Iterable[str]) -> None:
        self._found.differences += 1
        if len(self._found.told) < MOST_TOLD:
            way, ledger = [str(pair)], pair.ledger
            while ledger in self._reached:
                way.append(str(self._reached[ledger]))
                ledger = self._reached[ledger].ledger
            self._found.told.append(f"{', '.join(reversed(way))}: {said}; {'; '.join(fields) or 'same state'}")


def _with_ended(seen: Ledger, known: Ledger) -> Ledger:
    """The model forgets all of a job that ended before the next one for its device."""
    ended = (
        ENDED if job == ENDED and found.state == "settled" else found
        for found, job in zip(seen.jobs, known.jobs, strict=False)
    )
    return seen._replace(jobs=(*ended, *seen.jobs[len(known.jobs) :]))


def _differences(seen: Ledger, known: Ledger) -> Iterable[str]:
    for place, (found, job) in enumerate(zip(seen.jobs, known.jobs, strict=False)):
        for name in job._fields:
            if getattr(found, name) != getattr(job, name):
                yield f"job {place}: {name} is {getattr(found, name)!r}, in the model {getattr(job, name)!r}"
    besides, wanted = (f"{each._replace(jobs=())}, {len(each.jobs)} jobs" for each in (seen, known))
    if besides != wanted:
        yield f"{besides}, in the model {wanted}"
