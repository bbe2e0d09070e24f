"""The worker's own check of an action: was it signed, by whom it says, for this device, and accepted in time?

The worker does not take doorbells, or the ledger, at their word.
"""

import hashlib
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.contracts import KINDS, Request, parse_envelope
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind
from exconn.contracts.work import ActionPayload
from exconn.ledger import Job
from exconn.signing import NotAsSignedError, Registry, verified_envelope
from exconn.signing.seal import is_sealed

#: The registry does not have the key (any more): nothing is wrong with the request itself.
UNKNOWN_KEY = "unknown_key"
#: What intake added is not what it sealed.
SEAL = "seal"
#: What intake compared with the request when it sealed it: where it differs now, somebody has changed the job since.
SEEN_BY_INTAKE = frozenset({"kind", "checks", "service", "connector", "requester", "device", "valid_until"})


def verified(job: Job, work: ActionPayload, registry: Registry) -> Request:
    """The request behind an action. Raises NotAsSignedError."""
    envelope = verified_envelope(work.envelope, registry)
    request = envelope.request
    if registry.keys[parse_envelope(work.envelope).key].has_expired(work.accepted_at):
        raise NotAsSignedError(Refusal.KEY_EXPIRED)
    for word, holds in (*_agreements(job, work, request, work.accepted_at), _audience(job, request, registry)):
        if not holds:
            raise NotAsSignedError(word)
    return request


def check_seal(job: Job, work: ActionPayload, public: Ed25519PublicKey | None) -> None:
    """Raise NotAsSignedError unless what intake added is what it sealed; without its key nothing is checked."""
    if public is None:
        return
    if not is_sealed(public, job.seal, job=job.id, work=work, limits=job.limits, organization=job.organization):
        raise NotAsSignedError(SEAL)


def as_read(job: Job) -> dict[str, str]:
    """The fields of a job by which it may begin, as the ledger has to have them still when it does."""
    return {
        "checks": job.checks.value,
        "connector": job.connector,
        "device": job.device or "",
        "kind": job.kind,
        "limits": job.limits,
        "organization": job.organization,
        "requester": job.requester,
        "service": job.service,
        "valid_until": str(int(job.valid_until.timestamp() * 1000)) if job.valid_until else "",
    }


def digest_of(request: Request) -> str:
    """What tells a request from any other, however often its bytes were copied."""
    return hashlib.sha256(f"{request.requester}:{request.nonce}".encode()).hexdigest()[:32]


def _audience(job: Job, request: Request, registry: Registry) -> tuple[str, bool]:
    """A job that was made without an organization says nothing of one."""
    audience = request.audience
    if audience is None or audience.deployment != registry.deployment:
        return "audience", False
    return "audience", not job.organization or audience.organization == job.organization


def _agreements(job: Job, work: ActionPayload, request: Request, accepted_at: datetime) -> tuple[tuple[str, bool], ...]:
    return (
        ("kind", request.kind is KINDS[work.kind].request),
        ("checks", job.checks is KINDS[work.kind].checks),
        ("service", job.service == KINDS[work.kind].service),
        ("connector", request.connector == job.connector),
        ("requester", request.requester == job.requester),
        ("device", request.target.device == work.device == job.device),
        ("seen", request.target.seen is not None or request.kind is not RequestKind.WIPE),
        ("present_by", accepted_at <= request.present_by),
        ("valid_until", job.valid_until is not None and job.valid_until <= request.valid_until),
    )
