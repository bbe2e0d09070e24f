"""Putting the job of an accepted request into the ledger: one per requester and nonce."""

from dataclasses import replace
from typing import cast

from exconn.connector import ConnectorDefinition
from exconn.contracts import KINDS, Checks, Kind
from exconn.contracts.hold_text import asked_in
from exconn.contracts.next_commands import watch_command
from exconn.contracts.refusals import Refusal
from exconn.contracts.work import ActionPayload, Payload, new_job_id
from exconn.intake.context import Accepted, RequestContext
from exconn.keyspace import keys
from exconn.ledger import (
    IdempotencyMismatchError,
    Inserted,
    LedgerFullError,
    Limits,
    NewJob,
    OpenActionError,
    Ring,
    TooManyOpenError,
)
from exconn.ledger.limits_in_force import limits_in_force
from exconn.signing.errors import Refused
from exconn.signing.seal import seal


def insert_job(
    context: RequestContext,
    kind: Kind,
    payload: Payload,
    *,
    device: str | None = None,
    key: str | None = None,
    series: str = "",
) -> Accepted:
    """Insert the job of this request. Raises Refused (open_action, too_many_open, replayed, full).

    `key` names a job that several requests may share; of a `series`, one job is open at a time.
    """
    state = context.state()
    row = KINDS[kind]
    new = NewJob(
        kind=kind,
        connector=state.name,
        payload=payload.model_dump_json(),
        idempotency_key=key or _key(context),
        idempotency_digest="" if key else context.digest,
        service=row.service,
        checks=row.checks,
        device=device,
        series=series,
        requester=context.by,
        revision=state.revision,
        organization=state.organization or "",
        valid_until=None if key else context.request.valid_until,
        limits=limits_of(context, context.definition(state), row.checks),
        by=context.by,
        asked=asked_in(context.digest) if isinstance(payload, ActionPayload) else "",
    )
    inserted = _inserted(context, _sealed(context, new, payload))
    return Accepted(job=inserted.job_id, state=inserted.state, ring=_ring(inserted, kind))


def job_of(context: RequestContext) -> Accepted | None:
    """The job that this very request has made before, or None."""
    kinds = [kind for kind, row in KINDS.items() if row.request is context.request.kind]
    for kind in kinds:
        key = keys.idempotency(kind, context.request.connector, _key(context))
        job_id, _, digest = cast("str", context.intake.client.get(key) or "").partition(" ")
        if job_id and digest == context.digest:
            job = context.intake.ledger.job(job_id)
            return Accepted(job=job_id, state=job.state if job else None)
    return None


def limits_of(context: RequestContext, definition: ConnectorDefinition, checks: Checks) -> Limits:
    """The brakes that a job of this request carries."""
    return limits_in_force(definition, checks, bounds=context.registry.all_bounds, quota=context.requester.quota)


def _sealed(context: RequestContext, new: NewJob, payload: Payload) -> NewJob:
    """With intake's seal, if it has a key and it is an action."""
    key = context.intake.key
    if key is None or not isinstance(payload, ActionPayload):
        return new
    job = new_job_id(new.kind)
    limits = new.limits.encoded()
    return replace(new, id=job, seal=seal(key, job=job, work=payload, limits=limits, organization=new.organization))


def _key(context: RequestContext) -> str:
    return f"{context.by}:{context.request.nonce}"


def _inserted(context: RequestContext, new: NewJob) -> Inserted:
    try:
        return context.intake.ledger.insert(new, context.intake.doorbell)
    except OpenActionError as exc:
        raise Refused(
            Refusal.OPEN_ACTION,
            f"the device has an open action already: {exc.open_job}",
            remedy=_instead(exc),
            job=exc.open_job,
        ) from exc
    except TooManyOpenError as exc:
        raise Refused(
            Refusal.TOO_MANY_OPEN,
            f"{exc.requester} has {exc.most} open actions, and may have no more",
            remedy="see exconn brakes show; cancel what is not wanted, then send the same bytes again",
        ) from exc
    except IdempotencyMismatchError as exc:
        raise Refused(
            Refusal.REPLAYED, "the nonce was used before with other content", remedy="use a new nonce for a new request"
        ) from exc
    except LedgerFullError as exc:
        raise Refused(Refusal.FULL, "the ledger takes no new jobs", remedy="send the same bytes again later") from exc


def _instead(problem: OpenActionError) -> str:
    """What to do in place of asking once more."""
    follow = watch_command(problem.open_job).line
    if problem.is_held:
        release = f"exconn brakes release {problem.open_job}"
        return f"{follow}; it is held, and another requester than its own releases it: {release}"
    return f"{follow}, or cancel it first"


def _ring(inserted: Inserted, kind: Kind) -> Ring | None:
    if not inserted.ring:
        return None
    return Ring(job_id=inserted.job_id, kind=kind, service=KINDS[kind].service, ring=inserted.ring, head=inserted.head)
