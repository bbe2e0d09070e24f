"""One client of a walk: draws calls, makes them, and believes only what was answered."""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta

from exconn.contracts import BRAKES, CANCELLATIONS, WORKERS, HoldReason, Kind, Phase
from exconn.ledger import Claim, Ledger, LedgerError, Mark, NewJob, Outcome, Proven, Room, State
from tests.support.fault_runs.walk.brakes import REQUESTERS
from tests.support.fault_runs.walk.crew import Crew
from tests.support.fault_runs.walk.indexes import CONNECTOR, PARKED_KINDS
from tests.support.fault_runs.walk.new_jobs import a_new_job, nonce_in

LEASE = timedelta(milliseconds=300)
CREDIT: Mapping[str, int] = dict.fromkeys(PARKED_KINDS, 6)
#: What a forged mark names is so far ahead of the record at most, and was written after everything.
_MOST_LOST = 50
_AFTER_ALL = 10**15
#: Reasons to be held that none of the walk's rules looks at.
_REASONS = (HoldReason.NOT_ARMED, HoldReason.UNKNOWN_KEY)
_MOST_CLAIMS = 4
#: At most so many jobs are open: more inserts only make the snapshots long.
_MOST_OPEN = 250
_TWINS = 0.2


class Client:
    """Draws one call after the other; leases that it forgets run out as those of a dead worker."""

    def __init__(self, ledger: Ledger, crew: Crew, seed: int, name: str) -> None:
        self._ledger = ledger
        self._crew = crew
        self._dice = random.Random(seed)
        self._name = name
        self._claims: list[Claim] = []
        self._before: NewJob | None = None
        self._nonce = ""
        self._parents: dict[str, int] = {}
        self._made = 0
        self._open = 0
        held: Mapping[str, Callable[[Claim], None]] = {
            "renew": lambda claim: self._renew(claim),
            "note": lambda claim: self._ledger.note(claim.lease, {"at": self._made}),
            "begin": self._begin,
            "settle": self._settle,
            "defer": self._defer,
            "hold": self._hold,
            "await_children": self._await_children,
            "restart_list": self._restart_list,
        }
        self._held = held
        self._free: Mapping[str, Callable[[], None]] = {
            "insert": self._insert,
            "claim": self._claim,
            "cancel": self._cancel,
            "retry": lambda: self._on_any(lambda job_id: self._ledger.retry(job_id, by=self._name)),
            "release": self._release,
            "doorbells_due": self._doorbells_due,
            "look_again": self._look_again,
            "switch": self._switch,
            "retire": self._retire,
            "look_back": self._look_back,
            "carry_over": self._carry_over,
        }

    def step(self) -> None:
        """One call; what the ledger refuses and what gets lost is part of the walk."""
        if self._claims and self._dice.random() < 0.6:
            call = self._draw({"renew": 2, "note": 2, "begin": 3, "settle": 4, "defer": 2, "hold": 2})
            claim = self._dice.choice(self._claims)
            if claim.job.kind == Kind.SWEEP:
                call = self._draw({"restart_list": 3, "await_children": 3, "renew": 1, "settle": 1, "defer": 2})
            self._try(call, lambda: self._held[call](claim))
            return
        wanted = {
            "insert": 6,
            "claim": 9,
            "cancel": 1.5,
            "retry": 1,
            "release": 1,
            "doorbells_due": 1,
            "look_again": 0.5,
        }
        call = self._draw(wanted | {"switch": 0.2, "retire": 0.4, "look_back": 0.3, "carry_over": 0.6})
        self._try(call, self._free[call])

    def _try(self, call: str, make: Callable[[], None]) -> None:
        self._crew.called(call)
        try:
            make()
        except (LedgerError, KeyError):
            self._claims = [claim for claim in self._claims if claim.lease.left() > timedelta(0)]

    def _draw(self, weights: Mapping[str, float]) -> str:
        return self._dice.choices(list(weights), list(weights.values()))[0]

    def _on_any(self, make: Callable[[str], object]) -> None:
        if job_id := self._crew.draw(self._dice):
            make(job_id)

    # -- jobs without a lease ---------------------------------------------------------------------------------

    def _insert(self) -> None:
        again = self._before is not None and self._dice.random() < 0.1
        if not again and self._open >= _MOST_OPEN:
            self._open = len(self._ledger.unsettled(CONNECTOR))
            return
        if not again or self._before is None:
            self._made += 1
            key = f"{self._name}-{self._made}"
            # Sometimes what was signed is put in once more, by who may write jobs.
            nonce = self._nonce if self._nonce and self._dice.random() < _TWINS else key
            self._before = a_new_job(
                self._dice, self._parents, key=key, by=self._name, now=self._ledger.time(), nonce=nonce
            )
        new = self._before
        found = self._ledger.insert(new)
        self._open += 1
        self._crew.acknowledge(found.job_id)
        if new.kind == Kind.WIPE:
            self._nonce = nonce_in(new.payload)

    def _claim(self) -> None:
        job_id = self._crew.draw(self._dice)
        if not job_id:
            return
        if len(self._claims) >= _MOST_CLAIMS:
            self._claims.pop(0)  # as a worker that died with it
        claim = self._ledger.claim(job_id, self._name)
        if claim is not None:
            self._crew.took(claim.lease)
            self._claims.append(claim)
        elif self._ledger.job(job_id) is None or job_id in self._crew.settled:
            self._crew.forget(job_id)

    def _cancel(self) -> None:
        """Often of a job that a worker has in hand: there the cancellation is only a mark."""
        in_hand = self._dice.random() < 0.5
        job_id = self._crew.draw_in_hand(self._dice) if in_hand else self._crew.draw(self._dice)
        if job_id:
            self._ledger.cancel(job_id, by=self._name)

    def _release(self) -> None:
        self._ledger.release(CONNECTOR, self._crew.newest(20), release_id=f"{self._name}-{self._made}", by=self._name)

    def _doorbells_due(self) -> None:
        """A round; sometimes the queues have little room, or none."""
        queues = {service.value: self._room() for service in WORKERS} if self._dice.random() < 0.5 else None
        self._ledger.doorbells_due(CONNECTOR, credit=CREDIT, queues=queues, by=self._name)

    def _room(self) -> Room:
        room = self._dice.choice((0, 1, 20))
        return Room(lying=self._dice.choice((0, 5, 50)), room=room, urgent=room)

    def _look_again(self) -> None:
        # As the coordinator does: at actions only.
        job_id = self._crew.draw(self._dice)
        if job_id.startswith(Kind.WIPE):
            self._ledger.look_again(job_id)

    def _switch(self) -> None:
        """Also by those whose actions wait, and once more while it is on."""
        by, other = self._dice.sample((self._name, *REQUESTERS), 2)
        if self._dice.random() < 0.7:
            self._ledger.resume(CONNECTOR, by=by)
            return
        self._ledger.pause(CONNECTOR, by=by)
        if self._dice.random() < 0.5:
            self._ledger.pause(CONNECTOR, by=other)

    def _retire(self) -> None:
        self._ledger.retire(confirmed_before=self._ledger.time(), keep=timedelta(seconds=1))

    def _look_back(self) -> None:
        """With the newest mark that anybody knows, nothing is missing; with a forged one, everything stops."""
        forged = self._dice.random() < 0.2
        known = self._crew.mark
        if forged:
            number, at = self._dice.randint(1, _MOST_LOST), self._dice.randrange(_AFTER_ALL, 2 * _AFTER_ALL)
            known = Mark(known.number + number, f"{at}-0", "0" * 40)
        found = self._ledger.look_back([CONNECTOR], known=known, by=self._name)
        if (found.was_set_back, found.paused) != (forged, forged):
            self._crew.violations.append(f"a look back with {known} answered {found}")
        self._crew.keep_mark(found.newest)

    def _carry_over(self) -> None:
        """As an upgrade does, which reads a job and writes its reason anew, whatever has become of it meanwhile."""
        job_id = self._crew.draw(self._dice)
        job = self._ledger.job(job_id) if job_id else None
        if job is None or (job.state is State.HELD and (job.cancel or job.reason in {*BRAKES, *CANCELLATIONS})):
            return
        reason = self._dice.choice(_REASONS) if job.state in (State.HELD, State.SETTLED) else job.reason
        self._ledger.carry_over(job, {"reason": reason}, goes_on=self._dice.random() < 0.5, by=self._name)

    # -- with a lease -----------------------------------------------------------------------------------------

    def _let_go(self, claim: Claim) -> None:
        """Nothing is believed about the lease any more, whatever becomes of the call that follows."""
        self._crew.gives_back(claim.lease)
        self._claims.remove(claim)
        self._parents.pop(claim.job.id, None)

    def _renew(self, claim: Claim) -> None:
        if not self._ledger.renew(claim.lease):
            self._let_go(claim)

    def _begin(self, claim: Claim) -> None:
        if claim.job.kind != Kind.WIPE:
            return
        self._crew.gives_back(claim.lease)  # begin may stop the job, which ends the lease
        self._ledger.begin(claim.lease, proven=Proven(grant=claim.job.grant, request=nonce_in(claim.job.payload)))

    def _settle(self, claim: Claim) -> None:
        self._let_go(claim)
        outcome, phase = self._dice.choice((Outcome.SUCCEEDED, Outcome.FAILED)), ""
        if claim.job.kind == Kind.WIPE:
            # It succeeds where the device acknowledged, and Exchange had it before.
            is_in_exchange = claim.job.phase in (Phase.ISSUED, Phase.SENT)
            outcome, phase = self._dice.choice((Outcome.FAILED, Outcome.REFUSED)), ""
            if is_in_exchange:
                outcome, phase = Outcome.SUCCEEDED, Phase.ACKNOWLEDGED
        self._ledger.settle(claim.lease, outcome, phase=phase, request=nonce_in(claim.job.payload))
        self._crew.acknowledge_end(claim.job.id, outcome)
        self._crew.forget(claim.job.id)

    def _defer(self, claim: Claim) -> None:
        self._let_go(claim)
        delay = timedelta(milliseconds=self._dice.choice((0, 50, 200)))
        self._ledger.defer(claim.lease, delay, phase=self._next_phase(claim))

    def _hold(self, claim: Claim) -> None:
        self._let_go(claim)
        self._ledger.hold(claim.lease, self._dice.choice(_REASONS), phase=self._next_phase(claim))

    def _next_phase(self, claim: Claim) -> str:
        """Of a wipe, sometimes one in which Exchange has it."""
        return self._dice.choice(("", "", Phase.ISSUED, Phase.SENT)) if claim.job.kind == Kind.WIPE else ""

    def _await_children(self, claim: Claim) -> None:
        self._let_go(claim)
        self._ledger.await_children(claim.lease)

    def _restart_list(self, claim: Claim) -> None:
        self._parents[claim.job.id] = self._ledger.restart_list(claim.lease)
