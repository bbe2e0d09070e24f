"""Whether a release that stands with a job is one that a second person signed, for this very action."""

from datetime import datetime

from exconn.actions.verify import NotAsSignedError, as_read, digest_of, verified, verified_envelope
from exconn.contracts import parse_envelope
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind
from exconn.contracts.work import ActionPayload
from exconn.doorbell import Running
from exconn.ledger import Job, Proven
from exconn.signing import Registry
from exconn.signing.second_person import may_release_at


def proven(running: Running, work: ActionPayload, registry: Registry) -> Proven:
    """What was asked for, and the grant of the job, if it counts; without one it has to pass the brakes.

    Raises NotAsSignedError where nobody asked for it.
    """
    request, read = digest_of(verified(running.job, work, registry)), as_read(running.job)
    if not running.job.grant:
        return Proven(request=request, read=read)
    try:
        check_grant(running.job, work, registry, running.ledger.time())
    except NotAsSignedError as exc:
        return Proven(request=request, read=read, grant_part=exc.part)
    return Proven(request=request, read=read, grant=running.job.grant)


def check_grant(job: Job, work: ActionPayload, registry: Registry, now: datetime) -> None:
    """Raise NotAsSignedError unless the grant of the job counts now.

    The key that signed it must not have expired: when it was signed, only who kept it could say.
    """
    found = verified_envelope(job.grant, registry)
    request = found.request
    due = may_release_at(registry, asked_by=job.requester, asked_at=work.accepted_at, released_by=request.requester)
    for part, holds in (
        (Refusal.NEW_KEY, registry.keys[parse_envelope(job.grant).key].may_consent),
        (Refusal.KEY_EXPIRED, not registry.keys[parse_envelope(job.grant).key].has_expired(now)),
        ("kind", request.kind is RequestKind.RELEASE),
        ("audience", request.audience is not None and request.audience.deployment == registry.deployment),
        ("connector", request.connector == job.connector),
        ("jobs", job.id in request.target.jobs),
        ("not_allowed", found.requester.may(RequestKind.RELEASE) and found.requester.may_reach(job.connector)),
        ("second_person", due is not None),
        ("too_early", due is None or due <= now),
    ):
        if not holds:
            raise NotAsSignedError(part)
