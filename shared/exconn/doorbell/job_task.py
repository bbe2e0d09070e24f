"""What a doorbell starts: claim the job, call its handler, apply the decision.

Safe to run any number of times with the same job id: only one worker at a time gets the lease, and a job that is not
to be had is left alone.
"""

import time
import traceback
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from exconn.contracts import HoldReason, Kind, UnknownKindError, kind_of, parse_work
from exconn.doorbell.decisions import Decision, Defer, Hold, Settle
from exconn.doorbell.error_decisions import decide, told
from exconn.doorbell.lease_renewer import LeaseRenewer
from exconn.doorbell.running import Handlers, Rings, Running
from exconn.failpoints import failpoint
from exconn.ledger import (
    Claim,
    IllegalCallError,
    IllegalMoveError,
    LeaseLostError,
    Ledger,
    LedgerError,
    LedgerOutOfReachError,
    NewerJobError,
    Outcome,
)
from exconn.logs import bind, get_logger
from exconn.stream import Number

#: Between two tries to record a decision while the ledger does not answer.
RECORD_AGAIN = timedelta(milliseconds=250)
#: For so long, more than a restart of the server takes. A worker without its ledger has nothing else to do.
RECORD_FOR = timedelta(minutes=5)
#: How soon a job is looked at again that was marked to be cancelled while its handler ran.
CANCEL_WITHIN = timedelta(seconds=1)
#: Jobs that this process remembers to have left to newer workers.
MOST_LEFT = 1000


def echo(_running: Running) -> Settle:
    """The handler of an echo job: the path from doorbell to settled works."""
    return Settle(Outcome.SUCCEEDED)


class JobTask:
    """Runs jobs of one worker process. Threads may share it. `beside` is called now and then while jobs run."""

    def __init__(
        self,
        ledger: Ledger,
        handlers: Handlers,
        *,
        worker: str,
        rings: Rings,
        beside: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._handlers: Handlers = {Kind.ECHO: echo, **handlers}
        self._worker = worker
        self._rings = rings
        self._renewer = LeaseRenewer(ledger, beside)
        self._left: deque[str] = deque(maxlen=MOST_LEFT)
        self._log = get_logger(__name__)

    def __call__(self, job_id: str) -> str:
        """Work on a job; the word that says how it went. Raises nothing but what ends the process."""
        failpoint("bell.popped", key=job_id)
        if kind_of(job_id) not in self._handlers:
            # Not even claimed: a doorbell in the wrong queue must not disturb another service's job.
            self._log.warning("doorbell for another service", job=job_id)
            return "not ours"
        try:
            claim = self._ledger.claim(job_id, self._worker)
        except NewerJobError as exc:
            self._leave_to_newer(exc)
            return "newer"
        except LedgerError as exc:
            self._log.warning("job not claimed", job=job_id, error=str(exc))
            return "ledger out of reach"
        if claim is None:
            return "not to be had"
        with bind(job=job_id, connector=claim.job.connector, kind=claim.job.kind), self._renewer.keeping(claim.lease):
            failpoint("job.claimed", key=job_id)
            return self._work(claim)

    def _work(self, claim: Claim) -> str:
        started = time.monotonic()
        job = claim.job
        self._log.info("job started", phase=job.phase, tries=job.tries)
        decision = self._decided(claim)
        word = "left" if decision is None else self._record(claim, decision)
        self._log.info("job ended", outcome=word, seconds=round(time.monotonic() - started, 3))
        return word

    def _leave_to_newer(self, found: NewerJobError) -> None:
        """Say it, on the record once a job: it would wait for ever where nobody runs the newer version any more."""
        self._log.warning("job left", job=found.job_id, error=str(found))
        if found.job_id in self._left:
            return
        try:
            self._ledger.announce(
                Number.JOB_NEWER, connector=found.connector, by=self._worker, data={"left": found.job_id}
            )
        except LedgerError as exc:
            self._log.warning("left job not announced", job=found.job_id, error=str(exc))
        else:
            self._left.append(found.job_id)

    def _decided(self, claim: Claim) -> Decision | None:
        job = claim.job
        try:
            work = parse_work(job.kind, job.payload)
        except ValidationError as exc:
            data = {"kind": job.kind, "problems": exc.error_count()}
            return Hold(HoldReason.UNREADABLE_PAYLOAD, data=data)
        except UnknownKindError:
            return Hold(HoldReason.UNKNOWN_KIND, data={"kind": job.kind})
        running = Running(
            job=job,
            work=work,
            lease=claim.lease,
            ledger=self._ledger,
            log=get_logger(f"exconn.{job.service}"),
            rings=self._rings,
        )
        try:
            return self._handlers[Kind(job.kind)](running)
        except Exception as exc:  # noqa: BLE001  (the entry point of all handlers: the type decides)
            decision = decide(exc, running)
            self._report(exc, decision)
            if isinstance(decision, Hold):
                running.announce_failure(exc)
            return decision

    def _report(self, error: Exception, decision: Decision | None) -> None:
        event = "job left" if decision is None else "job not done"
        self._log.warning(event, error=told(error), at=place_of(error))

    def _record(self, claim: Claim, decision: Decision) -> str:
        """Tell the ledger, again and again until it hears: a done thing should not be done again.

        A lease that ran out while the ledger was away still counts on its return, unless somebody took the job.
        """
        give_up = time.monotonic() + RECORD_FOR.total_seconds()
        while True:
            try:
                return self._apply(claim, decision)
            except LeaseLostError:
                self._log.warning("decision not recorded, the lease is lost")
                return "lease lost"
            except (IllegalMoveError, IllegalCallError) as exc:
                # A defect of the handler: it would decide the same again, whoever claims the job.
                self._report(exc, decision)
                decision = Hold(HoldReason.UNEXPECTED_FAILURES, data={"failures": 1, "said": told(exc)})
            except LedgerOutOfReachError as exc:
                if time.monotonic() > give_up:
                    self._log.warning("decision not recorded", error=str(exc))
                    return "ledger out of reach"
                time.sleep(RECORD_AGAIN.total_seconds())

    def _apply(self, claim: Claim, decision: Decision) -> str:
        lease = claim.lease
        if isinstance(decision, Settle):
            failpoint("action.before_settle", key=lease.job_id)
            rings = self._ledger.settle(
                lease,
                decision.outcome,
                phase=decision.phase,
                number=decision.number,
                data=decision.data,
                request=decision.request,
            )
            for ring in rings:
                self._rings(ring, claim.job.connector)
            failpoint("action.after_settle", key=lease.job_id)
            return f"settled {Outcome(decision.outcome).value}"
        if isinstance(decision, Defer):
            self._ledger.defer(
                lease,
                decision.delay,
                phase=decision.phase,
                number=decision.number,
                data=decision.data,
                reason=decision.reason,
                failed=decision.failed,
                awaits=decision.awaits,
                # A mark that came while the handler ran is acted on soon; one that it saw is what it defers for.
                cancel_within=decision.delay if claim.job.cancel else CANCEL_WITHIN,
                pre_image=decision.pre_image,
            )
            return "waiting"
        if isinstance(decision, Hold):
            self._ledger.hold(
                lease,
                decision.reason,
                subject=decision.subject,
                phase=decision.phase,
                number=decision.number,
                data=decision.data,
                release_part=decision.release_part,
                releases=decision.releases,
            )
            return "held"
        self._ledger.await_children(lease, phase=decision.phase)
        return "waiting for parts"


def place_of(error: Exception) -> str:
    """Where an unforeseen error came from, without its text."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
