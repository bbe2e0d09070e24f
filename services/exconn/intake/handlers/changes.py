"""Pending changes: released by a second requester, who names what was shown, or dropped."""

from collections.abc import Callable, Mapping

from exconn.connector import ChangeKind, DropReason, PendingChange, PendingChanges
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers import connectors, kill_switch, registry
from exconn.signing.errors import Refused
from exconn.signing.second_person import may_release_at

#: What a release of each kind does.
RELEASES: Mapping[ChangeKind, Callable[[RequestContext, PendingChange], Accepted]] = {
    ChangeKind.DEFINITION: connectors.apply_released,
    ChangeKind.RESUME: kill_switch.resume_released,
    ChangeKind.REGISTRY: registry.release,
}


def release(context: RequestContext) -> Accepted:
    """Do the one change that is named; asked again, say that it was done. Raises Refused."""
    if context.connector is not None and context.request.target.jobs == (context.connector.released,):
        return connectors.in_service(context, context.connector, change=context.connector.released)
    change = _change(context)
    if change.expires_at <= context.now:
        PendingChanges(context.intake.client).drop(change.id, "", DropReason.EXPIRED)
        raise _unknown(context, change.id)
    _may_release(context, change)
    if context.request.target.digest != change.shown or not change.is_whole:
        raise Refused(
            Refusal.BAD_TARGET,
            f"{change.id} is not what the release says was shown",
            remedy="look at it anew, and release what is shown then: exconn brakes release",
            job=change.id,
        )
    return RELEASES[change.kind](context, change)


def drop(context: RequestContext) -> Accepted:
    """Drop the one change that is named: it only takes away. Raises Refused."""
    change = _change(context)
    if not PendingChanges(context.intake.client).drop(change.id, context.by):
        raise _unknown(context, change.id)
    return Accepted(details={"results": [f"{change.id} {DropReason.CANCELLED}"]})


def _change(context: RequestContext) -> PendingChange:
    names = context.request.target.jobs
    if len(names) != 1:
        raise Refused(Refusal.BAD_TARGET, "a change stands beside others", remedy="name one change in each request")
    found = PendingChanges(context.intake.client).find(names[0])
    if found is None or found.kind not in RELEASES or found.connector not in ("", context.request.connector):
        raise _unknown(context, names[0])
    return found


def _unknown(context: RequestContext, name: str) -> Refused:
    return Refused(
        Refusal.UNKNOWN_JOB,
        f"no change {name} of {context.request.connector!r} is pending",
        remedy="see exconn brakes show",
        job=name,
    )


def _may_release(context: RequestContext, change: PendingChange) -> None:
    if change.kind is ChangeKind.RESUME and not context.requester.may(RequestKind.RESUME):
        raise Refused(
            Refusal.NOT_ALLOWED,
            f"requester {context.by!r} may not resume, so may not agree to it",
            remedy="have it released by somebody who may resume",
            job=change.id,
        )
    if change.kind is ChangeKind.REGISTRY:
        return
    due = may_release_at(context.registry, asked_by=change.by, asked_at=change.at, released_by=context.by)
    if due is None:
        raise Refused(
            Refusal.SECOND_PERSON,
            f"{change.id} is your own proposal",
            remedy="have another person release it",
            job=change.id,
        )
    if context.registry.single_administrator and context.now < due:
        raise Refused(
            Refusal.TOO_EARLY,
            f"{change.id} can be released from {due:%Y-%m-%d %H:%M:%S} UTC on",
            remedy="wait, or have a second administrator entered in the registry",
            job=change.id,
        )
