"""What releases that stand with an action let it pass: those that a second person signed, for this very action."""

from datetime import datetime

from exconn.actions.verify import as_read, digest_of, verified
from exconn.contracts import BRAKES, parse_envelope
from exconn.contracts.hold_text import brake_text, reason_in
from exconn.contracts.work import ActionPayload
from exconn.doorbell import Running
from exconn.ledger import Job, Proven
from exconn.signing import NotAsSignedError, Registry
from exconn.signing.release import AskedFor, Releases, shown_to_be_held_for, verified_releases


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
    """Raise NotAsSignedError unless the grant of the job counts now, and lets this very request pass a brake.

    What stands in the job as its subject counts for nothing.
    """
    shown = shown_to_be_held_for(job.grant, _asked(job, work), registry, now)
    reason = reason_in(shown)
    if reason not in BRAKES or shown != brake_text(reason, parse_envelope(work.envelope)):
        raise NotAsSignedError("held_for")


def releases_of(running: Running, work: ActionPayload, registry: Registry) -> Releases:
    """What was released beside brakes."""
    job = running.job
    if not job.releases:
        return Releases()
    return verified_releases(job.releases, _asked(job, work), registry, running.ledger.time())


def _asked(job: Job, work: ActionPayload) -> AskedFor:
    return AskedFor(job=job.id, connector=job.connector, by=job.requester, at=work.accepted_at)
