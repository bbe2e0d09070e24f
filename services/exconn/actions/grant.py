"""Whether a release that stands with a job is one that a second person signed, for this very action."""

from exconn.actions.verify import NotAsSignedError, verified_envelope
from exconn.contracts.request import RequestKind
from exconn.contracts.work import ActionPayload
from exconn.doorbell import Running
from exconn.ledger import Proven
from exconn.signing import Registry
from exconn.signing.second_person import may_release_at


def proven_grant(running: Running, work: ActionPayload, registry: Registry) -> Proven:
    """The grant of the job, if it counts; without one it has to pass the brakes."""
    if not running.job.grant:
        return Proven()
    try:
        _verify(running, work, registry)
    except NotAsSignedError as exc:
        return Proven(grant_part=exc.part)
    return Proven(grant=running.job.grant)


def _verify(running: Running, work: ActionPayload, registry: Registry) -> None:
    """Raises NotAsSignedError."""
    job = running.job
    found = verified_envelope(job.grant, registry)
    request, now = found.request, running.ledger.time()
    due = may_release_at(registry, asked_by=job.requester, asked_at=work.accepted_at, released_by=request.requester)
    for part, holds in (
        ("kind", request.kind is RequestKind.RELEASE),
        ("connector", request.connector == job.connector),
        ("jobs", job.id in request.target.jobs),
        ("not_allowed", found.requester.may(RequestKind.RELEASE) and found.requester.may_reach(job.connector)),
        ("second_person", due is not None),
        ("too_early", due is None or due <= now),
    ):
        if not holds:
            raise NotAsSignedError(part)
