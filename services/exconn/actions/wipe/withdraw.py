"""Taking a pending wipe back. Exchange decides whether it still can; a phone that has the wipe erases itself."""

from datetime import timedelta
from functools import partial
from operator import not_

from exconn.actions.absence import NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.doubt import believed
from exconn.actions.look import NoStatisticsError, controller_of, find_device, identity_of, statistics_of
from exconn.actions.lost_call import took_effect
from exconn.actions.send import growing_pause, said_of
from exconn.actions.verify import verified
from exconn.actions.wipe.already_pending import is_pending, is_taken_back
from exconn.actions.wipe.exchange_times import exchange_times
from exconn.actions.wipe.pre_image import before_ours
from exconn.contracts import EndReason, HoldReason, Phase, WaitReason
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.exchange import Ambiguous, Device, DeviceStatistics, Gaps, NotRun, ObjectNotFound, RefusedByExchange
from exconn.ledger import Outcome, Proven
from exconn.ledger.job import EARLIER_SESSION_ID
from exconn.signing import NotAsSignedError
from exconn.stream import Number

#: Cancellations in a row that may go without effect before a person is asked, of those that were answered and of those
#: that were not; each further try is one.
MOST_TRIES = 3
MOST_UNCLEAR = 10
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=1)


def withdraw(case: ActionContext, device: Device, statistics: DeviceStatistics) -> Decision:
    """The next step of a cancellation of a wipe that is in Exchange: ours, or one that was found there."""
    if case.running.job.phase == Phase.SENT or before_ours(case).shows_sending(statistics.wipe):
        case.notes.add(sent=True)
    tries = case.notes.count("withdrawals")
    if not is_pending(statistics.wipe) or (tries and is_taken_back(statistics)):
        return _still_to_be_shown(case) or _cancelled(case, statistics)
    if not case.is_ours:
        return _cancelled(case, statistics, reason=EndReason.WIPE_OF_OTHERS)
    case.notes.add(seen=True)
    try:
        verified(case.running.job, case.work, case.registry.current())
    except NotAsSignedError as exc:
        return Hold(HoldReason.CANCEL_NOT_AS_SIGNED, data={"part": exc.part})
    refused = case.notes.get("cancel_refused")
    if isinstance(refused, str):
        case.notes.add(cancel_refused=None)
        return Hold(HoldReason.CANCEL_REFUSED, data={"said": refused})
    unclear = case.notes.count("unclear_withdrawals")
    if tries >= MOST_TRIES or unclear >= MOST_UNCLEAR:
        case.notes.add(withdrawals=min(tries, MOST_TRIES - 1), unclear_withdrawals=min(unclear, MOST_UNCLEAR - 1))
        return Hold(HoldReason.CANCEL_WITHOUT_EFFECT)
    return _send(case, device, tries, unclear)


def _still_to_be_shown(case: ActionContext) -> Defer | None:
    """A wipe that Exchange took and has not shown yet may still come: it counts as cancelled only once it had to be."""
    if not case.is_ours or case.notes.get("seen") is True or case.since("issued") >= case.pauses.unshown:
        return None
    return Defer(case.lookups.first, WaitReason.ACTION_NOT_SHOWN_YET)


def end_lost_withdrawal(case: ActionContext) -> None:
    """Where a cancellation had no clear answer: it must not come later, and take back another wipe.

    So its session is ended, and it is waited for as for a lost wipe, before anything is decided. Noted as over only
    then, so that each claim tries again. Raises Unreachable while it still may come, and the errors of the client.
    """
    job = case.running.job
    if job.phase == Phase.CANCELLING and case.notes.get("withdrawal_over") is not True:
        before = before_ours(case)
        shows_no_wipe = partial(_shows_no_wipe, case, before.domain_controller)
        took_effect(case, before, lambda: believed(case, shows_no_wipe, not_))
        case.notes.add(withdrawal_over=True)


def _shows_no_wipe(case: ActionContext, domain_controller: str, gaps: Gaps | None) -> bool:
    try:
        device = find_device(
            case.session, case.work.device, domain_controller, gaps, controller_is_lost=case.controller_is_lost
        )
        statistics = statistics_of(case.session, device, gaps)
        return not is_pending(statistics.wipe) or is_taken_back(statistics)
    except (NotShownError, NoStatisticsError):
        return False  # the look that follows tells what that means


def _send(case: ActionContext, device: Device, tries: int, unclear: int) -> Decision:
    """Send it, after so many tries with a clear answer and so many without.

    What Exchange shows decides, not its answer: a cancellation that failed may have taken effect, also one that was
    not found at the domain controller that it named. The next one names none then.
    """
    session_id = case.session.session_id
    goes_to = {"server": case.session.server, "session_id": session_id, EARLIER_SESSION_ID: session_id}
    case.notes.add(withdrawal_over=False, unclear_withdrawals=unclear + 1)
    signed = Proven(record=case.recorder.begins(Phase.CANCELLING))
    case.running.begin(
        {**case.running.job.pre_image, **goes_to}, purpose="withdraw", phase=Phase.CANCELLING, proven=signed
    )
    case.running.surely_held()
    identity = identity_of(case.session, device)
    controller = "" if case.names_no_controller else controller_of(device)
    try:
        case.session.clear_device(identity, cancel=True, domain_controller=controller or None)
    except (Ambiguous, ObjectNotFound) as exc:
        if isinstance(exc, ObjectNotFound):
            if not controller:
                raise
            case.notes.add(unnamed=True)
        pause = growing_pause(FIRST_PAUSE, LONGEST_PAUSE, unclear + 1)
        return Defer(pause, WaitReason.ANSWER_UNCLEAR, number=Number.ANSWER_UNCLEAR)
    except NotRun as exc:
        case.notes.add(withdrawal_over=True)
        return Hold(HoldReason.CANCEL_REFUSED, data={"said": said_of(exc)})
    except RefusedByExchange as exc:
        case.notes.add(withdrawal_over=True, cancel_refused=said_of(exc))
        return Defer(timedelta(seconds=1), WaitReason.CANCEL_NOT_SHOWN_YET)
    case.notes.add(withdrawal_over=True, withdrawals=tries + 1, unclear_withdrawals=unclear)
    return Defer(timedelta(seconds=1), WaitReason.CANCEL_NOT_SHOWN_YET)


def _cancelled(case: ActionContext, statistics: DeviceStatistics, *, reason: EndReason | None = None) -> Settle:
    """`sent` in the data = the device may have had the wipe already, and may have erased itself."""
    data: dict[str, object] = {"sent": case.notes.get("sent") is True, **exchange_times(statistics.wipe)}
    return Settle(Outcome.CANCELLED, phase=Phase.CLOSED, data=data | ({"reason": reason} if reason else {}))
