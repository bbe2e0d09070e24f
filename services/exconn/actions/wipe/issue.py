"""Issuing a wipe: look, check the partnership, begin, send. Safe to run again: it begins by reading Exchange."""

from datetime import timedelta

from exconn.actions.absence import Absence, NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.handler import refused
from exconn.actions.look import Look, erases, look_at
from exconn.actions.partnership import Ruling, judge, judge_late
from exconn.actions.wipe.pre_image import PreImage, is_pending
from exconn.contracts import EndReason, Fingerprint, HoldReason, Phase, RefuseReason, WaitReason
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
    stopped = _other_partnership(case, look)
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
    case.note_now("issued")
    told = {"read_back": False, "found": False} | data
    return Defer(case.lookups.first, phase=Phase.ISSUED, number=Number.WIPE_ISSUED, data=told)


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
        reason = WaitReason.ANSWER_UNCLEAR
        return Defer(timedelta(seconds=1), reason, phase=Phase.ISSUING, number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(HoldReason.REFUSED_BY_EXCHANGE, data={"said": exc.exception_type or exc.error_id})
    except CmdletMissing as exc:
        return Hold(HoldReason.CMDLET_MISSING, data={"cmdlet": exc.cmdlet})
    except ParameterMissing as exc:
        return Hold(HoldReason.PARAMETER_MISSING, data={"cmdlet": exc.cmdlet, "parameter": exc.parameter})
    failpoint("action.answered", key=case.running.job.id)
    return issued(case, data={"erases": erases(look.device)})


def _other_partnership(case: ActionContext, look: Look) -> Decision | None:
    meant, ruling = _ruling(case, look.fingerprint)
    if isinstance(ruling.reason, RefuseReason):
        return refused(ruling.reason)
    if ruling.reason is not None and not _was_released(case, ruling):
        shown = {
            "pair": ruling.pair,
            "differences": list(ruling.differences),
            "meant": None if meant is None else meant.model_dump(mode="json"),
            "found": look.fingerprint.model_dump(mode="json"),
        }
        return Hold(ruling.reason, subject=ruling.pair, data=shown)
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
    job, held_for = case.running.job, [ruling.reason, ruling.pair]
    if [job.released_reason, job.released_subject] == held_for:
        case.notes.add(passed=held_for)
    return case.notes.get("passed") == held_for


def _missing(case: ActionContext, absence: Absence) -> Decision:
    if absence.is_final(MISSING_LOOKS):
        return Settle(Outcome.GONE, phase=Phase.CLOSED, data={"reason": EndReason.PARTNERSHIP_GONE})
    return Defer(case.pauses.missing * min(absence.looks, MISSING_LOOKS), WaitReason.DEVICE_NOT_SHOWN)
