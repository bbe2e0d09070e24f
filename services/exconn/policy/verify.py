"""The worker's own check of an application: did somebody who may ask for exactly that, and for how long?

The worker does not take the ledger at its word: whoever has its user there could write a job that nobody asked for, or
name another requester than the one who did.
"""

from datetime import datetime

from exconn.contracts import parse_envelope
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import Audience, Request, RequestKind
from exconn.contracts.work import PolicyApply
from exconn.ledger import Job
from exconn.signing import NotAsSignedError, Registry, verified_envelope


def check_asked_for(job: Job, work: PolicyApply, registry: Registry, now: datetime, organization: str | None) -> None:
    """Raise NotAsSignedError unless who is named as its requester signed this, and may still ask for it.

    `organization` is that of the connector; a request may name it, and then it is for no other.
    """
    found = verified_envelope(work.envelope, registry)
    request, may = found.request, found.requester
    expired = registry.keys[parse_envelope(work.envelope).key].has_expired(now)
    for part, holds in (
        (Refusal.KEY_EXPIRED, not expired),
        (Refusal.NOT_ALLOWED, may.may(RequestKind.POLICY_APPLY) and may.may_reach(job.connector)),
        *_agreements(job, work, request),
        ("audience", _is_for(request.audience, registry.deployment, organization)),
    ):
        if not holds:
            raise NotAsSignedError(part)


def _is_for(audience: Audience | None, deployment: str, organization: str | None) -> bool:
    if audience is None or audience.deployment != deployment:
        return False
    return audience.organization in (None, organization)


def _agreements(job: Job, work: PolicyApply, request: Request) -> tuple[tuple[str, bool], ...]:
    return (
        ("kind", request.kind is RequestKind.POLICY_APPLY),
        ("connector", request.connector == job.connector),
        ("requester", request.requester == job.requester),
        ("plan", request.target.plan == work.plan),
        ("digest", request.target.digest == work.digest),
        ("valid_until", job.valid_until is not None and job.valid_until <= request.valid_until),
    )
