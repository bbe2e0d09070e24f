"""What a worker does in the worlds with one device: each step between two moments at which others may come between."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from tests.model import calls
from tests.model.handler import Decision, Memory, Snapshot, before_exchange, follow, issue, read_back
from tests.model.jobs import IN_EXCHANGE, Answer, Ledger
from tests.model.rules import Rules
from tests.model.search import FAULT
from tests.model.wipes import IDLE, JOBS, NAMES, Wipes, Worker

CONTROLLERS = ("the first domain controller", "the one that learns late")

#: A step: what happens, in words; what follows; its kind.
Told = tuple[str, Wipes, str]


@dataclass(frozen=True)
class WipeWorkers:
    """The workers of such a world, alike but for what they are about to do."""

    rules: Rules
    #: Whether the client reports the end of its wipe; Outlook never does.
    reports: bool = True

    def steps(self, now: Wipes, place: int) -> Iterator[Told]:
        """What the worker may do next."""
        worker = now.workers[place]
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
                yield (
                    f"{NAMES[place]} wakes and renews its lease, which nobody took",
                    now._replace(ledger=answer.ledger),
                    "",
                )

    def faults(self, now: Wipes, place: int) -> Iterator[Told]:
        """What may befall the worker."""
        worker, name = now.workers[place], NAMES[place]
        if worker.at == "idle":
            return
        yield f"{name} dies, and its lease runs out", _gone(now.fault(), place), FAULT
        if worker.owns and not now.ledger.jobs[worker.job].lapsed:
            yield f"{name} stands still until its lease has run out", now.fault().lapse(worker.job), FAULT
        if worker.at == "send" and worker.shell:
            unclear = _deciding(worker, Decision("defer", "answer_unclear", "issuing"))
            after = self._wiped(now.fault(), place)
            yield f"{name} sends the wipe; Exchange takes it, and the answer is lost", after.put(place, unclear), FAULT
            yield f"{name} sends the wipe, which is lost on the way", now.fault().put(place, unclear), FAULT
            taken = _deciding(worker, Decision("defer", "device_silent", "issued"))
            ignored = _ignored(now.fault(), worker.job).put(place, taken)
            yield f"{name} sends the wipe; Exchange says that it took it, and did not", ignored, FAULT
        if worker.at == "take back" and worker.shell:
            yield from self._loses_the_answer(now, place)

    def _claims(self, now: Wipes, place: int) -> Iterator[Told]:
        for number, job in enumerate(now.ledger.jobs):
            answer = calls.claim(now.ledger, number, self.rules)
            if answer.ledger == now.ledger:
                continue
            workers = tuple(worker._replace(owns=False) if worker.job == number else worker for worker in now.workers)
            after = now._replace(ledger=answer.ledger, workers=workers)
            text = f"{NAMES[place]} claims {JOBS[number]}: {answer.said}"
            if answer.said != "claimed":
                yield text, after, ""
                continue
            read = Snapshot(job.phase, job.cancel, job.begun > 0, now.memories[number])
            yield text, after.put(place, _planned(Worker(at="look", job=number, owns=True, read=read))), ""
            if now.budget.faults:
                yield f"{text}; the reply is lost", after.fault().lapse(number), FAULT

    def _looks(self, now: Wipes, place: int, *, late: bool) -> Iterator[Told]:
        worker = now.workers[place]
        read = cast("Snapshot", worker.read)
        decision: Decision | None = None
        text = f"{NAMES[place]} looks"
        if read.phase in IN_EXCHANGE:
            if read.phase == "cancelling" and not read.memory.withdrawal_over and self.rules.withdrawals_are_ended:
                now, read = self._ended(_end_shells(now, place), place, read)
            decision = follow(read, now.exchange.shown(late=read.memory.late), reports=self.reports)
            text = f"{NAMES[place]} looks what became of the wipe"
        elif read.phase == "issuing" and self.rules.read_back:
            now = _end_shells(now, place)
            decision = read_back(read, now.exchange.shown(late=read.memory.late))
            text = f"{NAMES[place]} ends the old shell and reads back"
        if decision is not None or (read.phase != "accepted" and read.cancel):
            if late and not read.memory.late:
                return  # it does not matter which controller the session has
            decision = decision or before_exchange(read)
            at = "begin" if decision is not None and decision.call == "withdraw" else "decide"
            after = now.put(place, worker._replace(at=at, decision=decision, read=None))
            yield f"{text}: {_told(decision)}", after, ""
            return
        decision = issue(read, now.exchange.shown(late=late), self.rules, reports=self.reports)
        text = f"{text} at the phone, on {CONTROLLERS[late]}: {_told(decision)}"
        if decision is not None:
            yield text, now.put(place, _deciding(worker, decision)), ""
            return
        chosen = worker._replace(at="begin", late=late, decision=_chosen(read, now, late), read=None)
        yield text, now.put(place, chosen), ""

    def _ended(self, now: Wipes, place: int, read: Snapshot) -> tuple[Wipes, Snapshot]:
        """It is noted at once that a lost cancellation can come no more, by who has the job."""
        worker = now.workers[place]
        over = read.memory._replace(withdrawal_over=True)
        if worker.owns or not self.rules.token_check:
            now = now.with_memory(worker.job, _noted(now, worker.job, over))
        return now, read._replace(memory=over)

    def _begins(self, now: Wipes, place: int) -> Iterator[Told]:
        worker = now.workers[place]
        decision = cast("Decision", worker.decision)
        withdraw = decision.call == "withdraw"
        answer = calls.begin(now.ledger, worker.job, self.rules, owns=worker.owns, withdraw=withdraw)
        text = f"{NAMES[place]} begins{' to take it back' if withdraw else ''}: {answer.said}"
        after = now._replace(ledger=answer.ledger)
        if answer.said != "ok":
            yield text, after.put(place, IDLE), ""
            return
        kept = after.with_memory(worker.job, _noted(after, worker.job, cast("Memory", decision.memory)))
        tally = now.tallies[worker.job]
        told = kept if withdraw else kept.with_tally(worker.job, tally._replace(recorded=tally.recorded + 1))
        at = "take back" if withdraw else "send"
        yield text, told.put(place, worker._replace(at=at, decision=None)), ""
        if now.budget.faults:
            lost = kept.fault().lapse(worker.job).put(place, IDLE)
            yield f"{text}; the reply is lost, and the worker leaves the job", lost, FAULT

    def _sends(self, now: Wipes, place: int) -> Told:
        worker = now.workers[place]
        if not worker.shell:
            return f"{NAMES[place]} sends the wipe into a shell that was ended", _gone(now, place), ""
        after = self._wiped(now, place)
        decision = Decision("defer", "device_silent", "issued")
        return f"{NAMES[place]} sends the wipe; Exchange takes it", after.put(place, _deciding(worker, decision)), ""

    def _wiped(self, now: Wipes, place: int) -> Wipes:
        worker = now.workers[place]
        memory, tally, name = now.memories[worker.job], now.tallies[worker.job], JOBS[worker.job]
        view = memory.before
        wrong = ""
        if view is not None and (view.enrolment, view.acknowledged) != memory.meant and memory.passed != view:
            wrong = f"{name} was sent to a partnership that its last look showed to be another one"
        if not tally.wanted:
            wrong = f"{name} was sent to Exchange twice, and nobody had asked for that"
        if tally.cancelled:
            wrong = f"{name} was sent to Exchange after somebody was told that it is cancelled"
        if not tally.recorded:
            wrong = f"{name} was sent to Exchange without a record of it"
        counted = tally._replace(wanted=max(0, tally.wanted - 1), recorded=max(0, tally.recorded - 1))
        after = now.with_tally(worker.job, counted)
        return after._replace(exchange=now.exchange.wiped(late=worker.late), wrong=wrong)

    def _takes_back(self, now: Wipes, place: int) -> Told:
        worker, name = now.workers[place], NAMES[place]
        truth = now.exchange.truth
        if not worker.shell:
            return f"{name} speaks into a shell that was ended", _gone(now, place), ""
        over = now.memories[worker.job]._replace(withdrawal_over=True)
        if truth.sent == truth.asked and truth.is_pending:
            decision = Decision("hold", "cancel_refused", memory=over)
            text = f"{name} takes the wipe back; Exchange refuses: the phone has it"
        else:
            decision = Decision("defer", "cancel_not_shown_yet", memory=over)
            text = f"{name} takes the wipe back"
            now = _taken_back(now, place) if truth.is_pending else now
        return text, now.put(place, _deciding(worker, decision)), ""

    def _loses_the_answer(self, now: Wipes, place: int) -> Iterator[Told]:
        """What may become of a cancellation, other than a clear answer."""
        worker, name, truth = now.workers[place], NAMES[place], now.exchange.truth
        unclear = _deciding(worker, Decision("defer", "answer_unclear"))
        if truth.is_pending and truth.sent != truth.asked:
            text = f"{name} takes the wipe back, and the answer is lost"
            yield text, _taken_back(now.fault(), place).put(place, unclear), FAULT
        yield f"{name} takes the wipe back, which is lost on the way", now.fault().put(place, unclear), FAULT

    def _decides(self, now: Wipes, place: int) -> Iterator[Told]:
        decision = cast("Decision", now.workers[place].decision)
        yield self._decided(now, place, decision)
        if decision.word == "action_not_shown_yet":
            # Where nobody looked for a while, or another controller answered.
            yield self._decided(now, place, Decision("hold", "not_shown"))
        was_sent = now.ledger.jobs[now.workers[place].job].phase == "sent" and decision.word == "device_silent"
        if was_sent and not self.reports:
            # Once it had time to.
            yield self._decided(now, place, Decision("settle", "unreported", "unreported"))

    def _decided(self, now: Wipes, place: int, decision: Decision) -> Told:
        worker = now.workers[place]
        answer = self._applied(now.ledger, worker, decision)
        after = now._replace(ledger=answer.ledger)
        if answer.said == "ok" and decision.memory is not None:
            after = after.with_memory(worker.job, _noted(now, worker.job, decision.memory))
        return f"{NAMES[place]}: {_told(decision)}: {answer.said}", after.put(place, IDLE), ""

    def _applied(self, ledger: Ledger, worker: Worker, decision: Decision) -> Answer:
        job, owns, rules = worker.job, worker.owns, self.rules
        if decision.call == "settle":
            return calls.settle(ledger, job, rules, owns=owns, outcome=decision.word, phase=decision.phase)
        if decision.call == "hold":
            return calls.hold(ledger, job, rules, owns=owns, reason=decision.word)
        return calls.defer(ledger, job, rules, owns=owns, phase=decision.phase, reason=decision.word)


def _planned(worker: Worker) -> Worker:
    """What is decided before Exchange is asked."""
    read = cast("Snapshot", worker.read)
    decision = before_exchange(read) if read.phase == "accepted" else None
    return worker if decision is None else _deciding(worker, decision)


def _deciding(worker: Worker, decision: Decision) -> Worker:
    return worker._replace(at="decide", decision=decision, read=None, late=False)


def _gone(now: Wipes, place: int) -> Wipes:
    """The worker lets go of its job; what it had of it runs out."""
    worker = now.workers[place]
    return (now.lapse(worker.job) if worker.owns else now).put(place, IDLE)


def _taken_back(now: Wipes, place: int) -> Wipes:
    job = now.workers[place].job
    after = now._replace(exchange=now.exchange.taken_back(late=now.memories[job].late))
    if any(not tally.wanted for tally in now.tallies[job + 1 :]):
        return after._replace(wrong=f"{JOBS[job + 1]} was taken back, by a cancellation of {JOBS[job]}")
    return after


def _end_shells(now: Wipes, place: int) -> Wipes:
    """The shell in which the lost call may still be running is ended."""
    job = now.workers[place].job
    workers = tuple(
        worker._replace(shell=False) if number != place and worker.job == job else worker
        for number, worker in enumerate(now.workers)
    )
    return now._replace(workers=workers)


def _ignored(now: Wipes, job: int) -> Wipes:
    """The cmdlet was sent, and did nothing: the wipe may still be sent as often as before."""
    tally = now.tallies[job]
    return now.with_tally(job, tally._replace(recorded=max(0, tally.recorded - 1)))


def _noted(now: Wipes, place: int, memory: Memory) -> Memory:
    """What a worker notes; what persons let pass meanwhile stays."""
    present = now.memories[place]
    return memory._replace(again=present.again and memory.again, passed=present.passed)


def _chosen(read: Snapshot, now: Wipes, late: bool) -> Decision:
    """To issue, with the pre-image that `begin` keeps."""
    memory = read.memory
    anew = memory.anew or (read.phase in IN_EXCHANGE and not memory.again)
    before = now.exchange.shown(late=late)
    fresh = memory._replace(before=before, late=late, seen=False, vanished=0, unshown=0, anew=anew, again=False)
    return Decision("issue", memory=fresh)


def _told(decision: Decision | None) -> str:
    if decision is None:
        return "it is the phone that was meant, and no wipe is pending"
    words = {"settle": "ends as", "hold": "held for a person:", "defer": "later:", "withdraw": "to be taken back"}
    return f"{words[decision.call]} {decision.word}".strip()
