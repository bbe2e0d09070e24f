"""What a handler gets: the job, its typed payload, and the calls that need the lease."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel
from structlog.typing import FilteringBoundLogger

from exconn.contracts import Kind
from exconn.doorbell.decisions import Decision
from exconn.doorbell.failure import failure_of
from exconn.ledger import (
    NOTHING_PROVEN,
    Inserted,
    Job,
    Lease,
    LeaseLostError,
    Ledger,
    LedgerError,
    Limits,
    NewJob,
    Proven,
    Ring,
)

#: Where a new child's doorbell is rung; does not raise.
Rings = Callable[[Ring, str], None]


@dataclass(frozen=True, kw_only=True)
class Running:
    """A job in the hands of this worker. The lease is renewed beside it until the handler returns."""

    job: Job
    work: BaseModel
    lease: Lease
    ledger: Ledger
    log: FilteringBoundLogger
    rings: Rings

    @property
    def need(self) -> str:
        """Which kind of job this is and how far: those of the same one need the same rights."""
        job = self.job
        return "/".join(filter(None, (job.kind, job.phase, "cancel" if job.cancel else "")))

    @property
    def has_expired(self) -> bool:
        """Whether the job was put off, and the time is over in which it may begin: `begin` would say so too."""
        job = self.job
        if job.begun or not job.looks or job.valid_until is None:
            return False
        return job.valid_until <= self.ledger.time()

    def begin(
        self,
        pre_image: Mapping[str, object] | None = None,
        purpose: Literal["issue", "withdraw"] = "issue",
        phase: str = "issuing",
        limits: Limits | None = None,
        proven: Proven = NOTHING_PROVEN,
    ) -> None:
        """The point of no return, as `Ledger.begin`: raises Stopped, LeaseLostError, UnconfirmedError."""
        self.ledger.begin(self.lease, pre_image=pre_image, purpose=purpose, phase=phase, limits=limits, proven=proven)

    def surely_held(self) -> None:
        """Raise LeaseLostError unless the lease holds for at least one more renewal.

        Called between `begin` and the send: a worker that was frozen meanwhile must not act on a job that a successor
        may have by now.
        """
        if self.lease.left() < self.ledger.lease / 3:
            raise LeaseLostError(self.job.id, "send")

    def child(self, new: NewJob) -> Inserted:
        """Insert a part of this job (with the generation that `restart_list` gave), and wake a worker for it."""
        inserted = self.ledger.insert(replace(new, parent=self.job.id))
        if inserted.ring:
            ring = Ring(job_id=inserted.job_id, kind=new.kind, service=new.service, ring=inserted.ring)
            self.rings(ring, new.connector)
        return inserted

    def restart_list(self) -> int:
        """Begin the list of children anew: the generation that they must carry. Raises LeaseLostError."""
        return self.ledger.restart_list(self.lease)

    def announce_failure(self, error: BaseException) -> None:
        """Say which cmdlet or runspace failed, where the job's own message says something else.

        Nothing is said of other errors, or while the ledger does not answer: the job's message has the reason too.
        """
        failure = failure_of(error)
        if failure is not None:
            with suppress(LedgerError):
                self.ledger.announce(
                    failure.number,
                    connector=self.job.connector,
                    by=self.lease.worker,
                    data={**failure.data, "job": self.job.id},
                )

    def note(self, notes: Mapping[str, object]) -> None:
        """Remember something for a successor, as `Ledger.note`. Raises LeaseLostError."""
        self.ledger.note(self.lease, notes)


Handler = Callable[[Running], Decision]
Handlers = Mapping[Kind, Handler]
