"""World "two-persons": a stolen key and another person ask, pause and resume; what is held gives way.

Two phones, and one wipe that each of the two may have open; who pauses and who resumes is anybody. What happens in
Exchange is one step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from tests.model import calls, kill_switch, requests
from tests.model.jobs import OTHER, PHONES, REQUESTER, Job, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.search import FAULT, PERSON, State, Step
from tests.model.wipes import rests

PERSONS = (REQUESTER, OTHER)


class Asked(NamedTuple):
    """A state of this world; what the persons did is kept beside what the ledger remembers of it."""

    ledger: Ledger
    #: What the worker of each job is about to do, empty: nobody has it.
    hands: tuple[str, ...]
    #: The places of wipes that gave way.
    superseded: frozenset[int]
    #: Who paused since the switch was off, in their order, each once.
    pausers: tuple[str, ...]
    #: Who asked that the present pause ends, and that an earlier one does.
    wish: str
    old_wish: str
    asks: int
    pauses: int
    wishes: int
    releases: int
    holds: int
    faults: int
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class TwoPersons:
    """What each may do so many times."""

    name: str = "two-persons"
    rules: Rules = WANTED
    asks: int = 3
    pauses: int = 2
    wishes: int = 1
    releases: int = 1
    #: So many wipes a worker holds, before or after they have begun.
    holds: int = 1
    faults: int = 0
    most_open: int = 1

    def first(self) -> State:
        ledger = Ledger(most_open=self.most_open)
        budget = (self.asks, self.pauses, self.wishes, self.releases, self.holds, self.faults)
        return Asked(ledger, (), frozenset(), (), "", "", *budget)

    def broken(self, state: State) -> Iterator[str]:
        now = cast("Asked", state)
        if now.wrong:
            yield now.wrong
        open_jobs = [job for job in now.ledger.jobs if job.state != "settled"]
        for person in PERSONS:
            if sum(job.requester == person for job in open_jobs) > self.most_open:
                yield f"{person} has more wipes open than {self.most_open}"
        if len({job.phone for job in open_jobs}) < len(open_jobs):
            yield "two wipes of one phone are open"

    def rests(self, state: State) -> bool:
        ledger = cast("Asked", state).ledger
        return all(rests(job, running=ledger.running) for job in ledger.jobs)

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Asked", state)
        if now.wrong:
            return
        for person in PERSONS:
            yield from self._asks(now, person)
            yield from self._switches(now, person)
        for place in range(len(now.ledger.jobs)):
            yield from self._passes(now, place)
            yield from self._worker(now, place)

    def _asks(self, now: Asked, person: str) -> Iterator[Step]:
        if not now.asks:
            return
        # Phones are alike: the second one is for who asks for another.
        for phone in PHONES[: 1 + len(now.ledger.jobs)]:
            answer = requests.ask(now.ledger, Job(requester=person, phone=phone), self.rules)
            if answer.said != "ok":
                continue
            after = now._replace(ledger=answer.ledger, hands=(*now.hands, ""), asks=now.asks - 1)
            text = f"{person} asks for the {phone}"
            for place, job in enumerate(now.ledger.jobs):
                if job.phone == phone and job.state != "settled":
                    text += f", which takes the place of wipe {place + 1}"
                    wrong = _gives_way_wrongly(place, job, person)
                    after = after._replace(superseded=after.superseded | {place}, wrong=wrong)
            yield Step(text, after, PERSON)

    def _switches(self, now: Asked, person: str) -> Iterator[Step]:
        if now.pauses:
            ledger = kill_switch.pause(now.ledger, self.rules, by=person).ledger
            pausers = () if now.ledger.running else now.pausers
            paused = now._replace(
                ledger=ledger, pauses=now.pauses - 1, pausers=tuple(dict.fromkeys((*pausers, person)))
            )
            if now.ledger.running:
                paused = paused._replace(wish="", old_wish=now.wish or now.old_wish)
            yield Step(f"{person} pauses", paused, PERSON)
        if now.ledger.running:
            return
        if now.wishes:
            yield Step(f"{person} asks that the pause ends", now._replace(wish=person, wishes=now.wishes - 1), PERSON)
        yield from self._resumes(now, person, "", is_present=True)
        if now.wish:
            yield from self._resumes(now, person, now.wish, is_present=True)
        if now.old_wish:
            yield from self._resumes(now, person, now.old_wish, is_present=False)

    def _resumes(self, now: Asked, person: str, wish: str, *, is_present: bool) -> Iterator[Step]:
        answer = kill_switch.resume(
            now.ledger, self.rules, limit=9, first=True, by=person, asked_by=wish, of_this_pause=is_present
        )
        if answer.said == "another":
            return
        text = f"{person} resumes" + (
            f", as {wish} asked during {'this' if is_present else 'an earlier'} pause" if wish else ""
        )
        wrong = "" if wish not in ("", person) and is_present else _resumed_wrongly(now, person)
        yield Step(text, now._replace(ledger=answer.ledger, pausers=(), wrong=wrong), PERSON)

    def _passes(self, now: Asked, place: int) -> Iterator[Step]:
        job = now.ledger.jobs[place]
        if now.releases and job.state == "held":
            ledger = calls.release(now.ledger, place).ledger
            text = f"somebody releases wipe {place + 1}"
            yield Step(text, now._replace(ledger=ledger, releases=now.releases - 1), PERSON)
        if now.ledger.running and any(other.wait == "switch" for other in now.ledger.jobs):
            return  # a round first ends what an interrupted resume left
        ledger = calls.expire(now.ledger, place, self.rules).ledger
        if ledger != now.ledger:
            yield Step(f"the time of wipe {place + 1} passes, and a round ends it", now._replace(ledger=ledger))

    def _worker(self, now: Asked, place: int) -> Iterator[Step]:
        hand, text = now.hands[place], f"the worker of wipe {place + 1}"
        if hand == "":
            answer = calls.claim(now.ledger, place, self.rules)
            if answer.ledger != now.ledger:
                hand = ("settle" if now.ledger.jobs[place].begun else "begin") if answer.said == "claimed" else ""
                yield Step(f"a worker claims wipe {place + 1}: {answer.said}", _handed(now, answer.ledger, place, hand))
            return
        if hand == "begin":
            answer = calls.begin(now.ledger, place, self.rules, owns=True)
            after = _handed(now, answer.ledger, place, "settle" if answer.said == "ok" else "")
            if answer.said == "ok" and place in now.superseded:
                after = after._replace(wrong=f"wipe {place + 1} began after another one had taken its place")
            yield Step(f"{text} begins: {answer.said}", after)
        else:
            ledger = calls.settle(now.ledger, place, self.rules, owns=True, outcome="succeeded").ledger
            yield Step(f"wipe {place + 1} is acknowledged", _handed(now, ledger, place, ""))
        if now.holds:
            ledger = calls.hold(now.ledger, place, self.rules, owns=True, reason="unproven").ledger
            after = _handed(now, ledger, place, "")._replace(holds=now.holds - 1)
            yield Step(f"{text} holds it", after, FAULT)
        if now.faults:
            ledger = calls.lapse(now.ledger, place).ledger
            after = _handed(now, ledger, place, "")._replace(faults=now.faults - 1)
            yield Step(f"{text} dies", after, FAULT)


def _gives_way_wrongly(place: int, job: Job, person: str) -> str:
    if job.begun:
        return f"wipe {place + 1} gave way, and Exchange may have it"
    if job.requester == person:
        return f"wipe {place + 1} of {person} gave way to another one of {person}"
    return ""


def _resumed_wrongly(now: Asked, person: str) -> str:
    """Where nobody else wants it: who asked for wipes, and was not alone to pause, or who has nothing to do with it."""
    own = any(job.requester == person for job in now.ledger.jobs)
    if own and now.pausers != (person,):
        return f"{person}, who asked for wipes, resumed though another one had paused"
    if now.pausers[:1] != (person,) and not any(job.wait == "switch" for job in now.ledger.jobs):
        return f"{person} resumed what another one had paused, and nothing waits"
    return ""


def _handed(now: Asked, ledger: Ledger, place: int, hand: str) -> Asked:
    return now._replace(ledger=ledger, hands=(*now.hands[:place], hand, *now.hands[place + 1 :]))
