"""Issuing a wipe: look, fence, begin, send. Safe to run again, because it begins by reading Exchange."""

from datetime import datetime, timedelta

from exconn.actions.absence import Absence, NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.look import Look, erases, look_at
from exconn.actions.partnership import Ruling, Verdict, judge, judge_late
from exconn.actions.wipe.pre_image import PreImage, is_pending
from exconn.contracts import Fingerprint
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.exchange import Ambiguous, CmdletMissing, ParameterMissing, RefusedByExchange, Session
from exconn.failpoints import failpoint
from exconn.ledger import Outcome
from exconn.stream import Number

#: Looks in a row without the device before its partnership may count as gone.
MISSING_LOOKS = 3
#: A first look that comes later than this after the acceptance does not show what was meant.
LATE = timedelta(minutes=15)


def issue(case: ActionContext) -> Decision:
    """Wipe the device, unless its partnership is not the one that was meant, or a wipe is pending already."""
    absence = Absence(case, "missing")
    try:
        look = look_at(case.session, case.work.device)
    except NotShownError as exc:
        absence.add(exc)
        return _missing(case, absence)
    absence.end()
    case.notes.reset("unread")
    stopped = _fenced(case, look)
    if stopped is not None:
        return stopped
    if is_pending(look.wipe):
        case.notes.add(before=pre_image_of(case.session, look).model_dump(mode="json"))
        return issued(case, data={"found": True, "erases": erases(look.device)})
    failpoint("action.before_begin", key=case.running.job.id)
    case.running.begin(pre_image_of(case.session, look).model_dump(mode="json"))
    failpoint("action.issuing", key=case.running.job.id)
    return _send(case, look)


def issued(case: ActionContext, *, data: dict[str, object]) -> Decision:
    """The wipe is in Exchange: look again soon. `found` in the data = somebody had asked for it already."""
    now: datetime = case.running.ledger.time()
    case.notes.add(issued=now.isoformat())
    told = {"read_back": False, "found": False} | data
    return Defer(case.lookups.first, phase="issued", number=Number.WIPE_ISSUED, data=told)


def pre_image_of(session: Session, look: Look) -> PreImage:
    """What `begin` keeps: the wipe fields as they are, and where the cmdlet is about to go."""
    return PreImage(
        requested=look.wipe.requested,
        sent=look.wipe.sent,
        acknowledged=look.wipe.acknowledged,
        requestor=look.requestor,
        server=session.server,
        shell_id=session.shell_id,
        domain_controller=look.device.originating_server or "",
    )


def _send(case: ActionContext, look: Look) -> Decision:
    case.running.surely_held()
    try:
        case.session.clear_device(look.identity, domain_controller=look.device.originating_server or None)
    except Ambiguous:
        return Defer(timedelta(seconds=1), phase="issuing", number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(f"refused by Exchange: {exc.exception_type or exc.error_id}")
    except (CmdletMissing, ParameterMissing) as exc:
        return Hold(f"the action account lacks {exc.cmdlet}: assign a role that contains it, then retry")
    failpoint("action.answered", key=case.running.job.id)
    return issued(case, data={"erases": erases(look.device)})


def _fenced(case: ActionContext, look: Look) -> Decision | None:
    meant, ruling = _ruling(case, look.fingerprint)
    if ruling.verdict is Verdict.REFUSE:
        return Settle(Outcome.REFUSED, phase="closed", data={"reason": ruling.reason})
    if ruling.verdict is Verdict.HOLD and not _was_released(case, ruling):
        shown = {
            "differences": list(ruling.differences),
            "meant": None if meant is None else meant.model_dump(mode="json"),
            "found": look.fingerprint.model_dump(mode="json"),
        }
        return Hold(ruling.reason, data=shown)
    if case.work.fingerprint is None and case.notes.get("fingerprint") is None:
        case.notes.add(fingerprint=look.fingerprint.model_dump(mode="json"))
    return None


def _ruling(case: ActionContext, found: Fingerprint) -> tuple[Fingerprint | None, Ruling]:
    noted = case.notes.get("fingerprint")
    meant = case.work.fingerprint or (None if noted is None else Fingerprint.model_validate(noted))
    if meant is not None:
        return meant, judge(meant, found)
    if case.running.ledger.time() - case.work.accepted_at > LATE:
        return case.work.known, judge_late(case.work.known, found)
    return found, judge(found, found)


def _was_released(case: ActionContext, ruling: Ruling) -> bool:
    """Whether a person let this very pair of fingerprints pass; kept, because a brake may hold the action next."""
    if case.running.job.released_reason == ruling.reason:
        case.notes.add(passed=ruling.reason)
    return case.notes.get("passed") == ruling.reason


def _missing(case: ActionContext, absence: Absence) -> Decision:
    if absence.is_final(MISSING_LOOKS):
        return Settle(Outcome.GONE, phase="closed", data={"reason": "partnership gone"})
    return Defer(case.pauses.missing * min(absence.looks, MISSING_LOOKS), reason="device not found")
