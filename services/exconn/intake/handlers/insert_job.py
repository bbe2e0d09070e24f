"""Putting the job of an accepted request into the ledger: one per requester and nonce."""

from typing import cast

from exconn.connector import Breaker, ConnectorDefinition, ConnectorState, Quota
from exconn.contracts import KINDS, Checks, Kind
from exconn.contracts.next_commands import watch_command
from exconn.contracts.work import Payload
from exconn.intake.context import Accepted, RequestContext, Wake
from exconn.keyspace import keys
from exconn.ledger import (
    IdempotencyMismatchError,
    Inserted,
    LedgerFullError,
    Limits,
    NewJob,
    OpenActionError,
)
from exconn.ledger import Window as Tokens
from exconn.signing.errors import Refused


def insert_job(
    case: RequestContext,
    kind: Kind,
    payload: Payload,
    *,
    device: str | None = None,
    key: str | None = None,
) -> Accepted:
    """Insert the job of this request. Raises Refused (open_action, replayed, full).

    `key` names a job that several requests may share.
    """
    state = case.state()
    row = KINDS[kind]
    new = NewJob(
        kind=kind,
        connector=state.name,
        payload=payload.model_dump_json(),
        idempotency_key=key or _key(case),
        idempotency_digest="" if key else case.digest,
        service=row.service,
        checks=row.checks,
        device=device,
        requester=case.by,
        revision=state.revision,
        valid_until=None if key else case.request.valid_until,
        limits=limits_of(case, case.definition(state), row.checks),
        by=case.by,
    )
    inserted = _inserted(case, new)
    return Accepted(job=inserted.job_id, state=inserted.state, wake=_wake(inserted, kind, state))


def job_of(case: RequestContext) -> Accepted | None:
    """The job that this very request has made before, or None."""
    key = keys.idempotency(case.request.connector, _key(case))
    job_id, _, digest = cast("str", case.desk.client.get(key) or "").partition(" ")
    if not job_id or digest != case.digest:
        return None
    job = case.desk.ledger.job(job_id)
    return Accepted(job=job_id, state=job.state if job else None)


def limits_of(case: RequestContext, definition: ConnectorDefinition, checks: Checks) -> Limits:
    """The brakes that a job of this request carries."""
    limits = definition.limits
    breaker = limits.disconnect if checks is Checks.DISCONNECT else limits.erase
    return _limits(breaker, case.requester.quota or limits.quota)


def _limits(breaker: Breaker, quota: Quota) -> Limits:
    defaults = Limits()
    hour, day = (window.span for window in defaults.quota)
    return Limits(
        breaker=tuple(Tokens(window.count, window.within) for window in (breaker.short, breaker.long)),
        quota=(Tokens(quota.per_hour, hour), Tokens(quota.per_day, day)),
        fleet_share=breaker.fleet_percent / 100,
        fleet_floor=breaker.fleet_floor,
    )


def _key(case: RequestContext) -> str:
    return f"{case.by}:{case.request.nonce}"


def _inserted(case: RequestContext, new: NewJob) -> Inserted:
    try:
        return case.desk.ledger.insert(new)
    except OpenActionError as exc:
        raise Refused(
            "open_action",
            f"the device has an open action already: {exc.open_job}",
            remedy=f"{watch_command(exc.open_job).line}, or cancel it first",
            job=exc.open_job,
        ) from exc
    except IdempotencyMismatchError as exc:
        raise Refused(
            "replayed", "the nonce was used before with other content", remedy="use a new nonce for a new request"
        ) from exc
    except LedgerFullError as exc:
        raise Refused(
            "full", "the ledger takes no new jobs", remedy="send the same bytes again later", passing=True
        ) from exc


def _wake(inserted: Inserted, kind: Kind, state: ConnectorState) -> Wake | None:
    if not inserted.ring:
        return None
    return Wake(
        job_id=inserted.job_id,
        kind=kind,
        service=KINDS[kind].service,
        connector=state.name,
        ring=inserted.ring,
    )
