"""World "two-jobs": one device, two wipes one after the other, two workers, faults, persons, a late controller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from tests.model import calls
from tests.model.exchange import Exchange
from tests.model.handler import (
    IN_EXCHANGE,
    Decision,
    Memory,
    Snapshot,
    before_exchange,
    follow,
    issue,
    read_back,
)
from tests.model.jobs import BRAKES, CANCELLATIONS, Answer, Job, Ledger
from tests.model.rules import WANTED, Rules
from tests.model.search import FAULT, PERSON, State, Step

JOBS = ("the first wipe", "the second wipe")
CONTROLLERS = ("the first domain controller", "the one that learns late")


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


class Budget(NamedTuple):
    """What may still happen."""

    faults: int = 0
    cancels: int = 0
    releases: int = 0
    enrolments: int = 0


class Wipes(NamedTuple):
    """A state of this world."""

    ledger: Ledger
    memories: tuple[Memory, ...]
    workers: tuple[Worker, ...]
    exchange: Exchange
    budget: Budget
    #: What went wrong in the step to this state and cannot be seen in it.
    wrong: str = ""


IDLE = Worker()
MOST = Budget(faults=1, cancels=1, releases=1, enrolments=1)
_NAMES = ("worker A", "worker B")


@dataclass(frozen=True, kw_only=True)
class TwoJobs:
    """Two wipes of one device, the second one asked for after the first has ended."""

    name: str = "two-jobs"
    rules: Rules = WANTED
    budget: Budget = MOST
    workers: int = 2
    jobs: int = 2
    #: Workers are alike: two states that differ in who is who are one. Not while a way is to be told.
    alike: bool = True

    def first(self) -> State:
        return Wipes(Ledger((Job(),)), (Memory(),), (IDLE,) * self.workers, Exchange(), self.budget)

    def broken(self, state: State) -> Iterator[str]:
        now = cast("Wipes", state)
        if now.wrong:
            yield now.wrong
        for place, (job, memory) in enumerate(zip(now.ledger.jobs, now.memories, strict=True)):
            if memory.wipes > memory.wanted:
                yield f"{JOBS[place]} was sent to Exchange twice, and nobody had asked for that"
            if memory.wipes > job.begun:
                yield f"{JOBS[place]} was sent to Exchange without a record of it"
            if job.begun and job.outcome in ("refused", "expired"):
                yield f"{JOBS[place]} had begun and is on record as {job.outcome}"

    def rests(self, state: State) -> bool:
        return all(rests(job, running=True) for job in cast("Wipes", state).ledger.jobs)

    def steps(self, state: State) -> Iterator[Step]:
        now = cast("Wipes", state)
        if now.wrong:
            return
        for text, after, kind in self._all(now):
            yield Step(text, self._canonical(after), kind)

    def _canonical(self, now: Wipes) -> Wipes:
        workers = tuple(self._useful(worker) for worker in now.workers)
        if self.alike and len(workers) == 2 and hash(workers[0]) > hash(workers[1]):
            workers = (workers[1], workers[0])
        return now._replace(workers=workers)

    def _useful(self, worker: Worker) -> Worker:
        """Who lost the job can do no more than send what is about to be sent: the ledger refuses the rest."""
        if worker.owns or not self.rules.token_check or worker.at in ("send", "take back"):
            return worker
        return IDLE

    def _all(self, now: Wipes) -> Iterator[tuple[str, Wipes, str]]:
        yield from self._persons(now)
        yield from self._device(now)
        for place in range(len(now.workers)):
            if place and now.workers[place] == now.workers[place - 1] and self.alike:
                continue
            yield from self._worker(now, place)
            if now.budget.faults:
                yield from self._faults(now, place)

    # -- persons and the device -------------------------------------------------------------------------------

    def _persons(self, now: Wipes) -> Iterator[tuple[str, Wipes, str]]:
        ledger, budget = now.ledger, now.budget
        for place, job in enumerate(ledger.jobs):
            if budget.cancels and job.state != "settled":
                answer = calls.cancel(ledger, place, self.rules)
                after = now._replace(ledger=answer.ledger, budget=budget._replace(cancels=budget.cancels - 1))
                yield f"somebody cancels {JOBS[place]}: {answer.said}", after, PERSON
            if budget.releases and job.state == "held":
                yield f"somebody releases {JOBS[place]}", self._released(now, place), PERSON
            if job.state == "held" and job.reason not in BRAKES and job.phase in IN_EXCHANGE:
                ledger_after = calls.look_again(ledger, place).ledger
                yield f"{JOBS[place]} is looked at once a day", now._replace(ledger=ledger_after), ""
        if len(ledger.jobs) < self.jobs and ledger.jobs[-1].state == "settled":
            truth = now.exchange.truth
            memory = Memory(meant=(truth.enrolment, truth.acknowledged))
            after = now._replace(ledger=calls.insert(ledger, Job()).ledger, memories=(*now.memories, memory))
            yield "somebody asks for a second wipe of the phone as it is now", after, PERSON

    def _released(self, now: Wipes, place: int) -> Wipes:
        job, memory = now.ledger.jobs[place], now.memories[place]
        if job.reason == "taken_back":
            memory = memory._replace(again=True, wanted=memory.wanted + 1)
        elif job.reason == "partnership_differs":
            memory = memory._replace(passed=now.exchange.late)
        budget = now.budget._replace(releases=now.budget.releases - 1)
        ledger = calls.release(now.ledger, place).ledger
        return now._replace(ledger=ledger, memories=_with(now.memories, place, memory), budget=budget)

    def _device(self, now: Wipes) -> Iterator[tuple[str, Wipes, str]]:
        exchange, truth = now.exchange, now.exchange.truth
        if exchange.late != truth:
            yield "the late domain controller learns", now._replace(exchange=exchange.learned()), ""
        if truth.is_pending and truth.sent != truth.asked:
            yield "the phone fetches the wipe", now._replace(exchange=exchange.sent()), ""
        if truth.is_pending and truth.sent == truth.asked:
            yield "the phone erases itself and acknowledges", now._replace(exchange=exchange.acknowledged()), ""
        if now.budget.enrolments and not truth.is_pending:
            budget = now.budget._replace(enrolments=now.budget.enrolments - 1)
            after = now._replace(exchange=exchange.enrolled(), budget=budget)
            yield "its owner enrols the phone anew", after, PERSON

    # -- workers ----------------------------------------------------------------------------------------------

    def _worker(self, now: Wipes, place: int) -> Iterator[tuple[str, Wipes, str]]:
        worker = now.workers[place]
        name = _NAMES[place]
        if worker.at == "idle":
            yield from self._claims(now, place)
        elif worker.at == "look":
            read = cast("Snapshot", worker.read)
            # What has begun is looked at where it began: another controller may not have heard of it.
            for late in (read.memory.late,) if read.begun and self.rules.looks_where_it_began else (False, True):
                yield from self._looks(now, place, late=late)
        elif worker.at == "begin":
            yield from self._begins(now, place)
        elif worker.at == "send":
            yield self._sends(now, place)
        elif worker.at == "take back":
            yield self._takes_back(now, place)
        elif worker.at == "decide":
            yield from self._decides(now, place)
        if worker.owns and now.ledger.jobs[worker.job].lapsed:
            answer = calls.renew(now.ledger, worker.job, self.rules, owns=True)
            if answer.said == "ok":
                yield f"{name} wakes and renews its lease, which nobody took", now._replace(ledger=answer.ledger), ""

    def _claims(self, now: Wipes, place: int) -> Iterator[tuple[str, Wipes, str]]:
        for number, job in enumerate(now.ledger.jobs):
            answer = calls.claim(now.ledger, number, self.rules)
            if answer.ledger == now.ledger:
                continue
            workers = tuple(worker._replace(owns=False) if worker.job == number else worker for worker in now.workers)
            after = now._replace(ledger=answer.ledger, workers=workers)
            text = f"{_NAMES[place]} claims {JOBS[number]}: {answer.said}"
            if answer.said != "claimed":
                yield text, after, ""
                continue
            read = Snapshot(job.phase, job.cancel, job.begun > 0, now.memories[number])
            worker = self._planned(Worker(at="look", job=number, owns=True, read=read))
            yield text, _put(after, place, worker), ""
            if now.budget.faults:
                lost = _lapse(_fault(after), number)
                yield f"{text}; the reply is lost", lost, FAULT

    def _planned(self, worker: Worker) -> Worker:
        """What is decided before Exchange is asked."""
        read = cast("Snapshot", worker.read)
        if read.phase == "accepted":
            decision = before_exchange(read)
            if decision is not None:
                return worker._replace(at="decide", decision=decision)
        return worker

    def _looks(self, now: Wipes, place: int, *, late: bool) -> Iterator[tuple[str, Wipes, str]]:
        worker = now.workers[place]
        read = cast("Snapshot", worker.read)
        decision: Decision | None = None
        text = f"{_NAMES[place]} looks"
        if read.phase in IN_EXCHANGE:
            view = now.exchange.shown(late=read.memory.late)
            decision = follow(read, view)
            text = f"{_NAMES[place]} looks what became of the wipe"
        elif read.phase == "issuing" and self.rules.read_back:
            now = self._end_shells(now, place)
            decision = read_back(read, now.exchange.shown(late=read.memory.late))
            text = f"{_NAMES[place]} ends the old shell and reads back"
        if decision is not None or (read.phase != "accepted" and read.cancel):
            if late and not read.memory.late:
                return  # it does not matter which controller the session has
            decision = decision or before_exchange(read)
            at = "begin" if decision is not None and decision.call == "withdraw" else "decide"
            yield f"{text}: {_told(decision)}", _put(now, place, worker._replace(at=at, decision=decision)), ""
            return
        view = now.exchange.shown(late=late)
        decision = issue(read, view, self.rules)
        text = f"{text} at the phone, on {CONTROLLERS[late]}: {_told(decision)}"
        if decision is not None:
            yield text, _put(now, place, worker._replace(at="decide", decision=decision)), ""
            return
        yield text, _put(now, place, worker._replace(at="begin", late=late, decision=_chosen(read, now, late))), ""

    def _begins(self, now: Wipes, place: int) -> Iterator[tuple[str, Wipes, str]]:
        worker = now.workers[place]
        decision = cast("Decision", worker.decision)
        withdraw = decision.call == "withdraw"
        answer = calls.begin(now.ledger, worker.job, self.rules, owns=worker.owns, withdraw=withdraw)
        text = f"{_NAMES[place]} begins{' to take it back' if withdraw else ''}: {answer.said}"
        after = now._replace(ledger=answer.ledger)
        if answer.said != "ok":
            yield text, _put(after, place, IDLE), ""
            return
        memory = cast("Memory", decision.memory)
        kept = after._replace(memories=_with(after.memories, worker.job, _noted(after, worker.job, memory)))
        yield text, _put(kept, place, worker._replace(at="take back" if withdraw else "send")), ""
        if now.budget.faults:
            lost = _put(_lapse(_fault(kept), worker.job), place, IDLE)
            yield f"{text}; the reply is lost, and the worker leaves the job", lost, FAULT

    def _sends(self, now: Wipes, place: int) -> tuple[str, Wipes, str]:
        worker = now.workers[place]
        if not worker.shell:
            return f"{_NAMES[place]} sends the wipe into a shell that was ended", _put(now, place, IDLE), ""
        after = self._wiped(now, place)
        decision = Decision("defer", "device_silent", "issued")
        text = f"{_NAMES[place]} sends the wipe; Exchange takes it"
        return text, _put(after, place, worker._replace(at="decide", decision=decision)), ""

    def _wiped(self, now: Wipes, place: int) -> Wipes:
        worker = now.workers[place]
        memory = now.memories[worker.job]
        view = memory.before
        wrong = ""
        if view is not None and (view.enrolment, view.acknowledged) != memory.meant and memory.passed != view:
            wrong = f"{JOBS[worker.job]} was sent to a partnership that its last look showed to be another one"
        memory = memory._replace(wipes=memory.wipes + 1)
        return now._replace(
            exchange=now.exchange.wiped(late=worker.late),
            memories=_with(now.memories, worker.job, memory),
            wrong=wrong,
        )

    def _takes_back(self, now: Wipes, place: int) -> tuple[str, Wipes, str]:
        worker = now.workers[place]
        truth, late = now.exchange.truth, now.memories[worker.job].late
        if not worker.shell:
            return f"{_NAMES[place]} speaks into a shell that was ended", _put(now, place, IDLE), ""
        if truth.sent == truth.asked and truth.is_pending:
            decision = Decision("hold", "cancel_refused")
            text = f"{_NAMES[place]} takes the wipe back; Exchange refuses: the phone has it"
        else:
            decision = Decision("defer", "cancel_not_shown_yet")
            text = f"{_NAMES[place]} takes the wipe back"
            now = now._replace(exchange=now.exchange.taken_back(late=late)) if truth.is_pending else now
        return text, _put(now, place, worker._replace(at="decide", decision=decision)), ""

    def _decides(self, now: Wipes, place: int) -> Iterator[tuple[str, Wipes, str]]:
        yield self._decided(now, place, cast("Decision", now.workers[place].decision))
        if cast("Decision", now.workers[place].decision).word == "action_not_shown_yet":
            # So until the deadline of the wipe.
            yield self._decided(now, place, Decision("hold", "undelivered"))

    def _decided(self, now: Wipes, place: int, decision: Decision) -> tuple[str, Wipes, str]:
        worker = now.workers[place]
        answer = self._applied(now.ledger, worker, decision)
        after = now._replace(ledger=answer.ledger)
        if answer.said == "ok" and decision.memory is not None:
            memory = _noted(now, worker.job, decision.memory)
            after = after._replace(memories=_with(now.memories, worker.job, memory))
        return f"{_NAMES[place]}: {_told(decision)}: {answer.said}", _put(after, place, IDLE), ""

    def _applied(self, ledger: Ledger, worker: Worker, decision: Decision) -> Answer:
        job, owns, rules = worker.job, worker.owns, self.rules
        if decision.call == "settle":
            return calls.settle(ledger, job, rules, owns=owns, outcome=decision.word, phase=decision.phase)
        if decision.call == "hold":
            return calls.hold(ledger, job, rules, owns=owns, reason=decision.word)
        return calls.defer(ledger, job, rules, owns=owns, phase=decision.phase, reason=decision.word)

    def _end_shells(self, now: Wipes, place: int) -> Wipes:
        """The shell in which the lost call may still be running is ended."""
        job = now.workers[place].job
        workers = tuple(
            worker._replace(shell=False) if number != place and worker.job == job else worker
            for number, worker in enumerate(now.workers)
        )
        return now._replace(workers=workers)

    # -- faults -----------------------------------------------------------------------------------------------

    def _faults(self, now: Wipes, place: int) -> Iterator[tuple[str, Wipes, str]]:
        worker = now.workers[place]
        if worker.at == "idle":
            return
        lapsed = _lapse(_fault(now), worker.job) if worker.owns else _fault(now)
        yield f"{_NAMES[place]} dies, and its lease runs out", _put(lapsed, place, IDLE), FAULT
        if worker.owns and not now.ledger.jobs[worker.job].lapsed:
            yield f"{_NAMES[place]} stands still until its lease has run out", lapsed, FAULT
        if worker.at == "send" and worker.shell:
            unclear = worker._replace(at="decide", decision=Decision("defer", "answer_unclear", "issuing"))
            after = self._wiped(_fault(now), place)
            text = f"{_NAMES[place]} sends the wipe; Exchange takes it, and the answer is lost"
            yield text, _put(after, place, unclear), FAULT
            text = f"{_NAMES[place]} sends the wipe, which is lost on the way"
            yield text, _put(_fault(now), place, unclear), FAULT


def rests(job: Job, *, running: bool) -> bool:
    """Whether a job has ended, or stands before a person: also the one who turned the kill switch on.

    One that is held although it was cancelled does not, unless it says that: nobody expects it there.
    """
    if job.state == "held":
        return not job.cancel or job.reason in CANCELLATIONS
    return job.state == "settled" or (job.wait == "switch" and not running)


def _with(memories: tuple[Memory, ...], place: int, memory: Memory) -> tuple[Memory, ...]:
    return (*memories[:place], memory, *memories[place + 1 :])


def _put(now: Wipes, place: int, worker: Worker) -> Wipes:
    workers = now.workers
    return now._replace(workers=(*workers[:place], worker, *workers[place + 1 :]))


def _fault(now: Wipes) -> Wipes:
    return now._replace(budget=now.budget._replace(faults=now.budget.faults - 1))


def _lapse(now: Wipes, place: int) -> Wipes:
    job = now.ledger.jobs[place]
    if job.state != "claimed":
        return now
    return now._replace(ledger=now.ledger.with_job(place, job._replace(lapsed=True)))


def _noted(now: Wipes, place: int, memory: Memory) -> Memory:
    """What a worker notes; what persons let pass and what was counted meanwhile stays."""
    present = now.memories[place]
    return memory._replace(
        wipes=present.wipes, wanted=present.wanted, again=present.again and memory.again, passed=present.passed
    )


def _chosen(read: Snapshot, now: Wipes, late: bool) -> Decision:
    """To issue, with the pre-image that `begin` keeps."""
    memory = read.memory._replace(before=now.exchange.shown(late=late), late=late, seen=False, vanished=0, again=False)
    return Decision("issue", memory=memory)


def _told(decision: Decision | None) -> str:
    if decision is None:
        return "it is the phone that was meant, and no wipe is pending"
    words = {"settle": "ends as", "hold": "held for a person:", "defer": "later:", "withdraw": "to be taken back"}
    return f"{words[decision.call]} {decision.word}".strip()
