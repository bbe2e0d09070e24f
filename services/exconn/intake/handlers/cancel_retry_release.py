"""Requests about jobs: cancel, retry, release."""

from pydantic import ValidationError

from exconn.connector import is_change
from exconn.contracts import BRAKES, BadRequestError, UnknownKindError, parse_envelope, parse_work, reason_text
from exconn.contracts.hold_text import brake_text, hold_text
from exconn.contracts.refusals import Refusal
from exconn.contracts.work import ActionPayload
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers import changes
from exconn.intake.handlers.cancel_all import cancel_all
from exconn.ledger import IllegalCallError, Job, State
from exconn.signing.errors import Refused
from exconn.signing.release import shown_in
from exconn.signing.second_person import may_release_at


def cancel(context: RequestContext) -> Accepted:
    """Cancel the named jobs: at once before the point of no return, by a mark after it. Raises UnconfirmedError.

    A pending change is dropped.
    """
    if any(map(is_change, context.request.target.jobs)):
        return changes.drop(context)
    jobs = _jobs(context)
    results, unconfirmed = cancel_all(context, [job.id for job in jobs])
    if unconfirmed is not None:
        raise unconfirmed
    return Accepted(job=jobs[0].id, details={"results": list(results)})


def retry(context: RequestContext) -> Accepted:
    """Look at the named jobs now; a brake that holds one still holds it."""
    jobs = _jobs(context)
    results = [f"{job.id} {_retried(context, job)}" for job in jobs]
    return Accepted(job=jobs[0].id, details={"results": results})


def release(context: RequestContext) -> Accepted:
    """Let the named held jobs go on; a second person's right, or a slow one. So is a pending change done."""
    if any(map(is_change, context.request.target.jobs)):
        return changes.release(context)
    jobs = _jobs(context)
    for job in jobs:
        _may_release(context, job)
        _check_shown(context, job)
    names = [job.id for job in jobs]
    released = context.intake.ledger.release(
        context.state().name, names, release_id=context.request.nonce, by=context.by, grant=context.envelope
    )
    return Accepted(details={"released": released, "count": len(released)})


def _jobs(context: RequestContext) -> list[Job]:
    names = context.request.target.jobs
    if not names:
        raise Refused(Refusal.BAD_TARGET, "no jobs", remedy="name them in target.jobs")
    return [_job(context, name) for name in dict.fromkeys(names)]


def _job(context: RequestContext, name: str) -> Job:
    job = context.intake.ledger.job(name)
    if job is None or job.connector != context.request.connector:
        raise Refused(
            Refusal.UNKNOWN_JOB,
            f"no job {name} of {context.request.connector!r}",
            remedy="see exconn jobs list",
            job=name,
        )
    return job


def _retried(context: RequestContext, job: Job) -> str:
    try:
        context.intake.ledger.retry(job.id, by=context.by)
    except IllegalCallError as exc:
        return f"{exc.state}: {reason_text(exc.reason, job.data)}" if exc.reason else exc.state
    except KeyError:
        return "unknown"
    return "due"


def _may_release(context: RequestContext, job: Job) -> None:
    if job.state is not State.HELD:
        raise Refused(Refusal.NOT_HELD, f"{job.id} is {job.state}", remedy="see exconn brakes show", job=job.id)
    due = may_release_at(context.registry, asked_by=job.requester, asked_at=job.created, released_by=context.by)
    if due is None:
        raise Refused(
            Refusal.SECOND_PERSON,
            f"{job.id} is your own request",
            remedy="have another person release it",
            job=job.id,
        )
    if context.now < due:
        raise Refused(
            Refusal.TOO_EARLY,
            f"{job.id} can be released from {due:%Y-%m-%d %H:%M:%S} UTC on",
            remedy="wait, or have a second administrator entered in the registry",
            job=job.id,
        )


def _check_shown(context: RequestContext, job: Job) -> None:
    """A release is for what its requester was shown: the worker of an action will see it so, too."""
    shown, held = shown_in(context.request, job.id), _held_for(job)
    if not shown:
        raise Refused(
            Refusal.BAD_TARGET,
            f"{job.id} is not said to be held for anything",
            remedy="say in target.held_for what each job is held for, in the order of target.jobs",
            job=job.id,
        )
    if shown != held:
        raise Refused(
            Refusal.NOT_HELD,
            f"{job.id} is held for something else by now: {reason_text(job.reason, job.data)}",
            remedy=f"look again: exconn jobs show {job.id}",
            job=job.id,
        )


def _held_for(job: Job) -> str:
    """What it is held for; by a brake as the request that was signed, not as what stands beside it in the ledger."""
    if job.reason not in BRAKES:
        return hold_text(job.reason, job.subject)
    try:
        work = parse_work(job.kind, job.payload)
        return brake_text(job.reason, parse_envelope(work.envelope)) if isinstance(work, ActionPayload) else ""
    except (ValidationError, UnknownKindError, BadRequestError):
        return ""  # nothing is released for it: its worker asks a person, too
