"""Finds the device that was meant, right before anything is done to it: looks, and makes the partnership check."""

from exconn.actions.absence import Absence, NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.destination import Destination
from exconn.actions.look import Look, look_at
from exconn.actions.partnership_rules import Ruling, judge, judge_first_look
from exconn.actions.seen_check import not_as_seen
from exconn.actions.send import growing_pause
from exconn.contracts import EndReason, Fingerprint, HoldReason, Phase, RefuseReason, WaitReason
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.ledger import Job, Outcome

#: Looks in a row without the device before its partnership may count as gone.
MISSING_LOOKS = 3


def find_meant(case: ActionContext) -> Look | Decision:
    """The device whose partnership is the one that was meant, or what becomes of the action instead.

    Raises NoStatisticsError and the errors of the client.
    """
    absence = Absence(case, "missing")
    try:
        began = _where_it_began(case)
        look = look_at(case.session, case.work.device, began, controller_is_lost=case.controller_is_lost)
    except NotShownError as exc:
        absence.add(exc)
        return _missing(case, absence)
    absence.end()
    case.notes.reset("unread")
    return _other_partnership(case, look) or not_as_seen(case, look) or look


def _where_it_began(case: ActionContext) -> str:
    """The domain controller that a cmdlet of this action may have changed; empty before `begin`.

    Another one may not know of it yet, and still show a partnership that is gone.
    """
    return Destination.model_validate(dict(case.running.job.pre_image)).domain_controller


def refused(job: Job, reason: RefuseReason, **fields: object) -> Decision:
    """The action ends: it is not done. One that has begun may have been done, so a person has to find out."""
    if job.begun:
        return Hold(HoldReason.UNPROVEN, data={"cause": reason, **fields})
    return Settle(Outcome.REFUSED, phase=Phase.CLOSED, data={"reason": reason, **fields})


def gone(case: ActionContext) -> Settle:
    """The action ends: Exchange does not have the partnership any more."""
    data = {"reason": EndReason.PARTNERSHIP_GONE}
    return Settle(Outcome.GONE, phase=Phase.CLOSED, number=case.numbers.gone, data=data)


def _other_partnership(case: ActionContext, look: Look) -> Decision | None:
    known, found = case.work.known, look.fingerprint
    ruling = _ruling(case, found)
    if isinstance(ruling.reason, RefuseReason):
        return refused(case.running.job, ruling.reason)
    if ruling.reason is not None:
        shown = {
            "pair": ruling.pair,
            "differences": list(ruling.differences),
            "meant": None if known is None else known.model_dump(mode="json"),
            "found": found.model_dump(mode="json"),
        }
        return Hold(ruling.reason, subject=ruling.pair, data=shown)
    case.notes.add(fingerprint=found.model_dump(mode="json"))
    return None


def _ruling(case: ActionContext, found: Fingerprint) -> Ruling:
    """Compared with what the register knew at acceptance and, to refuse it, with what an earlier look let pass.

    Once this action has begun, what moved since may be its own doing, whatever it is compared with.
    """
    known = case.work.known
    meant = _let_pass_before(case) or (known if case.is_ours else None)
    if meant is not None:
        ruling = judge(meant, found)
        if ruling.reason is None or isinstance(ruling.reason, RefuseReason):
            return ruling
    return _unless_released(case, judge_first_look(known, found))


def _let_pass_before(case: ActionContext) -> Fingerprint | None:
    """What an earlier look of this action noted, where it is what was known then, or a person let that very pair pass.

    Who can write jobs can write notes.
    """
    noted = case.notes.get("fingerprint")
    if noted is None:
        return None
    found = Fingerprint.model_validate(noted)
    is_let_pass = _unless_released(case, judge_first_look(case.work.known, found)).reason is None
    return found if is_let_pass else None


def _unless_released(case: ActionContext, ruling: Ruling) -> Ruling:
    """The ruling, unless a person let this very pair of fingerprints pass; what was found is then what is meant."""
    if isinstance(ruling.reason, HoldReason) and case.was_released(ruling.reason, ruling.pair):
        return Ruling()
    return ruling


def _missing(case: ActionContext, absence: Absence) -> Decision:
    if absence.is_final(MISSING_LOOKS):
        return gone(case)
    if not absence.is_told:
        pause = growing_pause(case.pauses.missing, case.lookups.longest_pause, absence.looks)
        return Defer(pause, WaitReason.DEVICE_NOT_SHOWN)
    return Defer(case.pauses.missing * min(absence.looks, MISSING_LOOKS), WaitReason.DEVICE_NOT_SHOWN)
