"""One client of a walk: draws calls, makes them, and believes only what was answered."""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta

from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.ledger import Claim, Ledger, LedgerError, Limits, NewJob, Outcome, Window
from tests.support.fault_runs.walk.crew import Crew
from tests.support.fault_runs.walk.indexes import CONNECTOR, PARKED_KINDS

LEASE = timedelta(milliseconds=300)
#: The breaker of all wipes of a walk; its tokens are kept for the whole walk.
BREAKER = Window(20, timedelta(seconds=1))
LIMITS = Limits(
    breaker=(BREAKER, Window(10_000_000, timedelta(days=1))),
    quota=(Window(10_000_000, timedelta(days=1)),),
    fleet_floor=10_000_000,
)
CREDIT: Mapping[str, int] = dict.fromkeys(PARKED_KINDS, 6)
_DEVICES = 60
_MOST_CLAIMS = 4
#: At most so many jobs are open: more inserts only make the snapshots long.
_MOST_OPEN = 250


class Client:
    """Draws one call after the other; leases that it forgets run out as those of a dead worker."""

    def __init__(self, ledger: Ledger, crew: Crew, seed: int, name: str) -> None:
        self._ledger = ledger
        self._crew = crew
        self._dice = random.Random(seed)
        self._name = name
        self._claims: list[Claim] = []
        self._before: NewJob | None = None
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
            "cancel": lambda: self._on_any(lambda job_id: self._ledger.cancel(job_id, by=self._name)),
            "retry": lambda: self._on_any(lambda job_id: self._ledger.retry(job_id, by=self._name)),
            "release": self._release,
            "overdue": self._overdue,
            "look_again": self._look_again,
            "switch": self._switch,
            "retire": self._retire,
        }

    def step(self) -> None:
        """One call; what the ledger refuses and what gets lost is part of the walk."""
        if self._claims and self._dice.random() < 0.6:
            call = self._draw({"renew": 2, "note": 2, "begin": 3, "settle": 4, "defer": 2, "hold": 1})
            claim = self._dice.choice(self._claims)
            if claim.job.kind == Kind.SWEEP:
                call = self._draw({"restart_list": 3, "await_children": 3, "renew": 1, "settle": 1, "defer": 2})
            self._try(call, lambda: self._held[call](claim))
            return
        wanted = {"insert": 6, "claim": 9, "cancel": 1, "retry": 1, "release": 1, "overdue": 1, "look_again": 0.5}
        call = self._draw(wanted | {"switch": 0.2, "retire": 0.4})
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
        new = self._before if again and self._before is not None else self._new()
        self._before = new
        found = self._ledger.insert(new)
        self._open += 1
        self._crew.acknowledge(found.job_id)

    def _new(self) -> NewJob:
        self._made += 1
        kind = self._draw({Kind.WIPE: 6, Kind.SWEEP: 1, Kind.PARTITION: 5 if self._parents else 0})
        device = f"device-{self._dice.randrange(_DEVICES)}" if kind == Kind.WIPE else None
        parent = self._dice.choice(sorted(self._parents)) if kind == Kind.PARTITION else None
        return NewJob(
            kind=kind,
            connector=CONNECTOR,
            payload="{}",
            idempotency_key=f"{self._name}-{self._made}",
            idempotency_digest="content",
            idempotency_kept=timedelta(seconds=10),
            service=Service.ACTIONS if kind == Kind.WIPE else Service.DISCOVERY,
            checks=Checks.ERASE if kind == Kind.WIPE else Checks.NONE,
            device=device,
            parent=parent,
            generation=self._parents[parent] if parent else 0,
            parked=kind == Kind.PARTITION and self._dice.random() < 0.8,
            delay=timedelta(milliseconds=self._dice.choice((0, 0, 0, 100))),
            requester="walker",
            limits=LIMITS,
            by=self._name,
        )

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

    def _release(self) -> None:
        self._ledger.release(CONNECTOR, self._crew.newest(20), release_id=f"{self._name}-{self._made}", by=self._name)

    def _overdue(self) -> None:
        self._ledger.overdue(CONNECTOR, credit=CREDIT, by=self._name)

    def _look_again(self) -> None:
        # As the coordinator does: at actions only.
        job_id = self._crew.draw(self._dice)
        if job_id.startswith(Kind.WIPE):
            self._ledger.look_again(job_id)

    def _switch(self) -> None:
        turn = self._ledger.pause if self._dice.random() < 0.3 else self._ledger.resume
        turn(CONNECTOR, by=self._name)

    def _retire(self) -> None:
        self._ledger.retire(confirmed_before=self._ledger.time(), keep=timedelta(seconds=1))

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
        self._ledger.begin(claim.lease)

    def _settle(self, claim: Claim) -> None:
        self._let_go(claim)
        outcome = self._dice.choice((Outcome.SUCCEEDED, Outcome.FAILED))
        self._ledger.settle(claim.lease, outcome)
        self._crew.acknowledge_end(claim.job.id, outcome)
        self._crew.forget(claim.job.id)

    def _defer(self, claim: Claim) -> None:
        self._let_go(claim)
        self._ledger.defer(claim.lease, timedelta(milliseconds=self._dice.choice((0, 50, 200))))

    def _hold(self, claim: Claim) -> None:
        self._let_go(claim)
        self._ledger.hold(claim.lease, HoldReason.NOT_ARMED)

    def _await_children(self, claim: Claim) -> None:
        self._let_go(claim)
        self._ledger.await_children(claim.lease)

    def _restart_list(self, claim: Claim) -> None:
        self._parents[claim.job.id] = self._ledger.restart_list(claim.lease)
