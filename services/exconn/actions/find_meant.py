"""Finds the device that was meant, right before anything is done to it, or says what becomes of the action instead.

It looks, and makes the partnership check.
"""

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
    meant, ruling = _ruling(case, look.fingerprint)
    if isinstance(ruling.reason, RefuseReason):
        return refused(case.running.job, ruling.reason)
    if ruling.reason is not None and not _was_released(case, ruling):
        shown = {
            "pair": ruling.pair,
            "differences": list(ruling.differences),
            "meant": None if meant is None else meant.model_dump(mode="json"),
            "found": look.fingerprint.model_dump(mode="json"),
        }
        return Hold(ruling.reason, subject=ruling.pair, data=shown)
    if ruling.reason is not None or case.notes.get("fingerprint") is None:
        case.notes.add(fingerprint=look.fingerprint.model_dump(mode="json"))
    return None


def _ruling(case: ActionContext, found: Fingerprint) -> tuple[Fingerprint | None, Ruling]:
    """What is compared with: what was let pass before, at first what the register knew at acceptance.

    Once this action has begun, what moved since may be its own doing, whatever it is compared with.
    """
    noted, known = case.notes.get("fingerprint"), case.work.known
    meant = known if noted is None else Fingerprint.model_validate(noted)
    if meant is None or (noted is None and not case.is_ours):
        return known, judge_first_look(known, found)
    return meant, judge(meant, found)


def _was_released(case: ActionContext, ruling: Ruling) -> bool:
    """Whether a person let this very pair of fingerprints pass; what was found is then what is meant."""
    job = case.running.job
    return (job.released_reason, job.released_subject) == (ruling.reason, ruling.pair)


def _missing(case: ActionContext, absence: Absence) -> Decision:
    if absence.is_final(MISSING_LOOKS):
        return gone(case)
    if not absence.is_told:
        pause = growing_pause(case.pauses.missing, case.lookups.longest_pause, absence.looks)
        return Defer(pause, WaitReason.DEVICE_NOT_SHOWN)
    return Defer(case.pauses.missing * min(absence.looks, MISSING_LOOKS), WaitReason.DEVICE_NOT_SHOWN)
