"""What a ledger call can answer beside success.

LedgerError
+- LedgerOutOfReachError   no answer: the call may or may not have happened
+- LedgerFullError         the server has no memory left for new jobs
+- UnconfirmedError        written, but not confirmed by the replicas or the disk in time
+- LeaseLostError          another worker has the job, or its lease ran out
+- NewerJobError           a newer version wrote the job: it is left to newer workers
+- IllegalCallError        the job's state does not allow the call
|  +- HasBegunError         what has begun may not end as if nothing had been sent
+- IllegalMoveError        the phase that was asked for may not follow the job's phase
+- OpenActionError         the device has an open action already
+- TooManyOpenError        the requester has as many open actions as it may have
+- NotYoursToResumeError   somebody else has to turn the kill switch off
+- IdempotencyMismatchError  the same idempotency key came with other content
+- UnknownParentError      a child was inserted for a parent that is not there or has another generation
+- Stopped                 begin said no; the job has been moved accordingly
"""

from datetime import datetime


class LedgerError(Exception):
    """Base of the ledger's errors."""


class LedgerOutOfReachError(LedgerError):
    """The server did not answer: the call may or may not have happened. Calling again is safe."""

    def __init__(self, call: str, detail: str) -> None:
        self.call = call
        self.detail = detail
        super().__init__(f"the ledger did not answer {call} ({detail}); it is safe to try again")


class LedgerFullError(LedgerError):
    """The server has reached its memory limit and takes no new jobs; jobs in it go on."""

    def __init__(self) -> None:
        super().__init__("the ledger server is full: raise its maxmemory, or wait until the monitor has caught up")


class UnconfirmedError(LedgerError):
    """Written, but too few replicas or disks confirmed it in time."""

    def __init__(self, call: str, job_id: str) -> None:
        self.call = call
        self.job_id = job_id
        super().__init__(f"{call} of job {job_id} is not confirmed: it may hold; send the same again")


class LeaseLostError(LedgerError):
    """The caller no longer holds the job: it must not act on it any more."""

    def __init__(self, job_id: str, call: str) -> None:
        self.job_id = job_id
        self.call = call
        super().__init__(f"the lease of job {job_id} is lost, so {call} was not done")


class NewerJobError(LedgerError):
    """The job, or its payload, has a form that this version does not know. It was not touched."""

    def __init__(self, job_id: str, connector: str) -> None:
        self.job_id = job_id
        self.connector = connector
        super().__init__(f"job {job_id} was made by a newer version: it is left to workers of that version")


class IllegalCallError(LedgerError):
    """The job's state does not allow the call. `reason` is a code: why it is held, where that speaks against it."""

    def __init__(self, job_id: str, call: str, state: str, reason: str = "") -> None:
        self.job_id = job_id
        self.call = call
        self.state = state
        self.reason = reason
        why = f" ({reason})" if reason else ""
        super().__init__(f"job {job_id} is {state}{why}: {call} is not possible")


class HasBegunError(IllegalCallError):
    """The job has begun, so it may not end as refused or expired: whether it happened is for a person to find out."""

    def __init__(self, job_id: str, call: str, state: str, outcome: str) -> None:
        self.outcome = outcome
        super().__init__(job_id, call, state)
        self.args = (f"job {job_id} has begun, so it cannot end as {outcome}: hold it for a person",)


class IllegalMoveError(LedgerError):
    """The phase that was asked for may not follow the job's phase: a defect of the handler. Nothing was written."""

    def __init__(self, job_id: str, call: str, before: str, after: str) -> None:
        self.job_id = job_id
        self.call = call
        self.before = before
        self.after = after
        super().__init__(f"job {job_id} in phase {before!r}: {call} may not take it to {after!r}")


class OpenActionError(LedgerError):
    """The device already has an open destructive action. `is_held`: which waits for a person, and has not begun."""

    def __init__(self, open_job: str, *, is_held: bool = False) -> None:
        self.open_job = open_job
        self.is_held = is_held
        super().__init__(f"the device already has an open action: follow or cancel {open_job}")


class TooManyOpenError(LedgerError):
    """The requester has as many open actions in this organization as it may have, held ones among them."""

    def __init__(self, requester: str, most: int) -> None:
        self.requester = requester
        self.most = most
        super().__init__(
            f"{requester!r} has {most} open actions, and may have no more: cancel some, or wait for their end"
        )


class NotYoursToResumeError(LedgerError):
    """Somebody else has to turn the kill switch off: who turned it on first, or whose actions do not wait for it.

    `has_own`: who asks has an action open, or one of his was taken in within a day.
    """

    def __init__(self, connector: str, paused_by: str, paused_at: datetime, *, has_own: bool) -> None:
        self.connector = connector
        self.paused_by = paused_by
        self.paused_at = paused_at
        self.has_own = has_own
        super().__init__(f"{paused_by!r} paused {connector!r} first: that one, or another requester, resumes it")


class IdempotencyMismatchError(LedgerError):
    """An idempotency key was used before with other content."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"the same nonce came before with other content, as {job_id}: use a new nonce")


class UnknownParentError(LedgerError):
    """The parent is gone, settled, or has a newer generation."""

    def __init__(self, parent: str) -> None:
        self.parent = parent
        super().__init__(f"parent {parent} takes no such part any more")


class Stopped(LedgerError):
    """`begin` refused, and the ledger has moved the job already: the worker must not act on it.

    `outcome` is cancelled, expired, paused or held, of a part failed; `reason` is the code of why.
    """

    def __init__(self, job_id: str, outcome: str, reason: str) -> None:
        self.job_id = job_id
        self.outcome = outcome
        self.reason = reason
        why = f" ({reason})" if reason else ""
        super().__init__(f"job {job_id} may not begin: {outcome}{why}")
