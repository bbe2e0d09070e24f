"""Requests about the kill switch. Everybody may pause who has the right to; who resumes is not up to one key."""

import json
from datetime import timedelta

from exconn.connector import (
    ChangeKind,
    Difference,
    DifferenceCode,
    DropReason,
    PendingChange,
    PendingChanges,
    pending_change,
)
from exconn.contracts.refusals import Refusal
from exconn.intake.context import Accepted, RequestContext
from exconn.ledger import NotYoursToResumeError
from exconn.signing.errors import Refused
from exconn.signing.second_person import SINGLE_ADMINISTRATOR_WAIT


def pause(context: RequestContext) -> Accepted:
    """Turn the kill switch on."""
    context.intake.ledger.pause(context.state().name, by=context.by)
    return Accepted(state="paused")


def resume(context: RequestContext) -> Accepted:
    """Turn the kill switch off: the right of who paused first, and, while actions wait, of one who asked for none.

    Who asked for one within a day, or has one open, does not resume for others, whatever became of it: who has his key
    can have his actions end before. For anybody else it waits until a second requester releases it. With a single
    administrator it takes a time, also for who paused first: the key that pauses may be the one that was stolen.
    """
    name, alone_after = context.state().name, _alone_after(context)
    try:
        context.intake.ledger.resume(name, by=context.by, alone_after=alone_after)
    except NotYoursToResumeError as exc:
        if alone_after is not None:
            raise _too_early(context, exc, alone_after) from exc
        return _pending(context, exc)
    _drop_pending(context, name)
    return Accepted(state="running")


def resume_released(context: RequestContext, change: PendingChange) -> Accepted:
    """Turn the kill switch off, as somebody else asked for. Raises Refused when it was turned on anew since."""
    name = context.state().name
    try:
        context.intake.ledger.resume(
            name, by=context.by, alone_after=_alone_after(context), asked_by=change.by, paused_at=change.base
        )
    except NotYoursToResumeError as exc:
        raise Refused(
            Refusal.UNKNOWN_JOB,
            f"{change.id} is about an earlier pause: {exc.paused_by} paused {name} since",
            remedy="ask for a resume of this one: exconn brakes resume",
            job=change.id,
        ) from exc
    PendingChanges(context.intake.client).release(change.id, context.by)
    _drop_pending(context, name)
    return Accepted(state="running", details={"change": change.id})


def _alone_after(context: RequestContext) -> timedelta | None:
    return SINGLE_ADMINISTRATOR_WAIT if context.registry.single_administrator else None


def _why(problem: NotYoursToResumeError) -> str:
    why = "you have asked for actions yourself" if problem.has_own else "no action of anybody else waits for it"
    return f"{problem.paused_by} paused {problem.connector}, and {why}"


def _too_early(context: RequestContext, problem: NotYoursToResumeError, alone_after: timedelta) -> Refused:
    why, due = _why(problem), problem.paused_at + alone_after
    if problem.paused_by == context.by:
        why = f"you paused {problem.connector} yourself, and a single administrator has nobody who agrees"
    return Refused(Refusal.TOO_EARLY, why, remedy=f"resume from {due:%Y-%m-%d %H:%M:%S} UTC on, which is announced")


def _pending(context: RequestContext, problem: NotYoursToResumeError) -> Accepted:
    since = round(problem.paused_at.timestamp() * 1000)
    paused = f"paused by {problem.paused_by} at {problem.paused_at:%Y-%m-%d %H:%M:%S} UTC"
    wanted = pending_change(
        ChangeKind.RESUME,
        connector=problem.connector,
        by=context.by,
        nonce=context.request.nonce,
        at=context.now,
        differences=[Difference(field="switch", old=paused, new="running", why=DifferenceCode.RESUMES)],
        content=json.dumps({"connector": problem.connector, "paused_by": problem.paused_by, "since": since}),
        base=since,
    )
    change = PendingChanges(context.intake.client).propose(wanted)
    return Accepted(
        state="pending",
        text=f"still paused: {_why(problem)}",
        remedy=f"have {problem.paused_by} resume, or another person release this: exconn brakes release {change.id}",
        details={
            "change": change.id,
            "differences": [one.model_dump(mode="json") for one in change.differences],
            "expires_at": change.expires_at.isoformat(),
        },
    )


def _drop_pending(context: RequestContext, connector: str) -> None:
    """It runs: nobody needs to be asked any more."""
    changes = PendingChanges(context.intake.client)
    for change in changes.of(connector):
        if change.kind is ChangeKind.RESUME:
            changes.drop(change.id, context.by, DropReason.SUPERSEDED)
