"""Requests about jobs and brakes: cancel, retry, release, pause, resume."""

from datetime import timedelta

from exconn.contracts import reason_text
from exconn.intake.context import Accepted, RequestContext
from exconn.ledger import IllegalCallError, Job, State
from exconn.signing.errors import Refused

#: With a single administrator nobody else can approve: a release then waits this long, in plain sight.
SINGLE_ADMINISTRATOR_WAIT = timedelta(minutes=60)


def cancel(case: RequestContext) -> Accepted:
    """Cancel the named jobs: at once before the point of no return, by a mark after it."""
    jobs = _jobs(case)
    results = [f"{job.id} {case.desk.ledger.cancel(job.id, by=case.by)}" for job in jobs]
    return Accepted(job=jobs[0].id, details={"results": list(results)})


def retry(case: RequestContext) -> Accepted:
    """Look at the named jobs now; a brake that holds one still holds it."""
    jobs = _jobs(case)
    results = [f"{job.id} {_retried(case, job)}" for job in jobs]
    return Accepted(job=jobs[0].id, details={"results": results})


def release(case: RequestContext) -> Accepted:
    """Let the named held jobs go on; a second person's right, or a slow one."""
    jobs = _jobs(case)
    for job in jobs:
        _may_release(case, job)
    names = [job.id for job in jobs]
    released = case.desk.ledger.release(case.state().name, names, release_id=case.request.nonce, by=case.by)
    return Accepted(details={"released": released, "count": len(released)})


def pause(case: RequestContext) -> Accepted:
    """Turn the kill switch on."""
    case.desk.ledger.pause(case.state().name, by=case.by)
    return Accepted(state="paused")


def resume(case: RequestContext) -> Accepted:
    """Turn the kill switch off."""
    case.desk.ledger.resume(case.state().name, by=case.by)
    return Accepted(state="running")


def _jobs(case: RequestContext) -> list[Job]:
    names = case.request.target.jobs
    if not names:
        raise Refused("bad_target", "no jobs", remedy="name them in target.jobs")
    return [_job(case, name) for name in dict.fromkeys(names)]


def _job(case: RequestContext, name: str) -> Job:
    job = case.desk.ledger.job(name)
    if job is None or job.connector != case.request.connector:
        raise Refused(
            "unknown_job", f"no job {name} of {case.request.connector!r}", remedy="see exconn jobs list", job=name
        )
    return job


def _retried(case: RequestContext, job: Job) -> str:
    try:
        case.desk.ledger.retry(job.id, by=case.by)
    except IllegalCallError as exc:
        return f"{exc.state}: {reason_text(exc.reason, job.data)}" if exc.reason else exc.state
    except KeyError:
        return "unknown"
    return "due"


def _may_release(case: RequestContext, job: Job) -> None:
    if job.state is not State.HELD:
        raise Refused("not_held", f"{job.id} is {job.state}", remedy="see exconn brakes show", job=job.id)
    if not case.registry.single_administrator:
        if job.requester == case.by:
            raise Refused(
                "second_person",
                f"{job.id} is your own request",
                remedy="have another person release it",
                job=job.id,
            )
        return
    due = job.created + SINGLE_ADMINISTRATOR_WAIT
    if case.now < due:
        raise Refused(
            "too_early",
            f"{job.id} can be released from {due:%Y-%m-%d %H:%M:%S} UTC on",
            remedy="wait, or have a second administrator entered in the registry",
            job=job.id,
        )
