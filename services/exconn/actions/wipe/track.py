"""Following a wipe that is in Exchange, until the device acknowledged, its partnership is gone, or a person decides;
one of Outlook, which never reports, until it was sent.

Nothing that cmdlets show tells of a device that answered with failure (assumed): it looks like one that never answers.
"""

from datetime import timedelta
from functools import partial

from exconn.actions.absence import Absence, NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.doubt import believed
from exconn.actions.find_meant import gone
from exconn.actions.known_afterwards import remember_acknowledgement
from exconn.actions.look import NoStatisticsError, class_of, find_device, statistics_of
from exconn.actions.next_look import next_look
from exconn.actions.wipe.already_pending import is_acknowledged, is_pending, is_sent, is_taken_back
from exconn.actions.wipe.exchange_times import exchange_times
from exconn.actions.wipe.pre_image import PreImage, before_ours, requestor_digest
from exconn.actions.wipe.unshown import unshown
from exconn.actions.wipe.withdraw import end_lost_withdrawal, withdraw
from exconn.contracts import ClientClass, HoldReason, Phase, WaitReason, erases
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.exchange import Device, DeviceStatistics, Gaps, Transient
from exconn.ledger import Outcome
from exconn.stream import Number

#: Looks in a row without the device before its partnership may count as gone, and without the wipe before a person
#: is asked.
GONE_LOOKS = 2


def track(case: ActionContext) -> Decision | None:
    """One look; None when the wipe is to be issued anew: it was never shown, or taken back and a person wants it so."""
    try:
        return _look(case)
    except Transient:
        overdue = _overdue(case)
        if overdue is None:
            raise
        return overdue


def _look(case: ActionContext) -> Decision | None:
    absence, before = Absence(case, "gone"), before_ours(case)
    end_lost_withdrawal(case)
    try:
        device, statistics = believed(case, partial(_read, case, before), partial(_shows_enough, case))
    except NotShownError as exc:
        absence.add(exc)
        return _gone(case, absence)
    except NoStatisticsError:
        absence.end()
        return _overdue(case) or Defer(_pause(case), WaitReason.STATISTICS_NOT_SHOWN)
    absence.end()
    if is_acknowledged(case, statistics.wipe):
        remember_acknowledgement(case, statistics.wipe.acknowledged)
        data = _told(class_of(device), statistics)
        return Settle(Outcome.SUCCEEDED, phase=Phase.ACKNOWLEDGED, number=case.numbers.succeeded, data=data)
    if case.running.job.cancel:
        return withdraw(case, device, statistics)
    if _is_shown(case, statistics):
        case.notes.add(seen=True)
        case.notes.reset("vanished")
        return _never_reports(case, device, statistics) or _overdue(case) or _wait(case, statistics)
    return _vanished(case, device)


def _read(case: ActionContext, before: PreImage, gaps: Gaps | None) -> tuple[Device, DeviceStatistics]:
    device = find_device(
        case.session, case.work.device, before.domain_controller, gaps, controller_is_lost=case.controller_is_lost
    )
    return device, statistics_of(case.session, device, gaps)


def _shows_enough(case: ActionContext, shown: tuple[Device, DeviceStatistics]) -> bool:
    """Whether there is nothing to do but to note that the wipe is pending or was acknowledged."""
    _, statistics = shown
    is_waited_for = not case.running.job.cancel and _is_shown(case, statistics)
    return is_acknowledged(case, statistics.wipe) or is_waited_for


def _is_shown(case: ActionContext, statistics: DeviceStatistics) -> bool:
    """Whether the wipe that is followed is pending, and not only one that was pending before ours was sent."""
    wipe = statistics.wipe
    if not is_pending(wipe) or is_taken_back(statistics):
        return False
    return not case.is_ours or before_ours(case).shows_issue(wipe, requestor_digest(wipe))


def _wait(case: ActionContext, statistics: DeviceStatistics) -> Decision:
    if not before_ours(case).shows_sending(statistics.wipe):
        return Defer(_pause(case), WaitReason.DEVICE_SILENT)
    if case.running.job.phase == Phase.SENT:
        return Defer(_pause(case, since="sent_at"), WaitReason.NOT_ACKNOWLEDGED_YET)
    return _sent(case, statistics)


def _sent(case: ActionContext, statistics: DeviceStatistics) -> Decision:
    case.note_now("sent_at")
    reason = WaitReason.NOT_ACKNOWLEDGED_YET
    data = exchange_times(statistics.wipe)
    return Defer(case.lookups.first, reason, phase=Phase.SENT, number=Number.WIPE_SENT, data=data)


def _never_reports(case: ActionContext, device: Device, statistics: DeviceStatistics) -> Decision | None:
    """The end of a wipe of Outlook, which never reports: it was sent since, and had time to acknowledge
    nevertheless.

    Both the look before the cmdlet and this one must say that it is Outlook. A client that changed its class meanwhile
    is followed as any other, until it acknowledges or a person is asked.
    """
    client, before, wipe = class_of(device), before_ours(case), statistics.wipe
    if not client == before.client == ClientClass.OUTLOOK or not (is_sent(wipe) and before.shows_sending(wipe)):
        return None
    if case.running.job.phase != Phase.SENT and not _overdue(case):
        return _sent(case, statistics)
    if case.since("sent_at") < min(case.lookups.unreported_after, case.lookups.deadline):
        return None
    return Settle(Outcome.UNREPORTED, phase=Phase.UNREPORTED, data=_told(client, statistics))


def _told(client: ClientClass, statistics: DeviceStatistics) -> dict[str, object]:
    """What the record of a wipe's end says of its client, and of Exchange's dates."""
    return {"client": client, "erases": erases(client), **exchange_times(statistics.wipe)}


def _overdue(case: ActionContext) -> Decision | None:
    if case.since("issued") <= case.lookups.deadline:
        return None
    return Hold(HoldReason.UNDELIVERED, number=Number.WIPE_OVERDUE)


def _vanished(case: ActionContext, device: Device) -> Decision | None:
    """The wipe is not pending and not acknowledged. Once it was seen, only somebody in Exchange can have done that."""
    if case.notes.get("seen") is not True and case.is_ours:
        return unshown(case, device, _pause(case))
    job = case.running.job
    if case.was_released(HoldReason.TAKEN_BACK, str(job.begun)):
        return None
    count = case.notes.count("vanished") + 1
    case.notes.add(vanished=count)
    if count < GONE_LOOKS:
        return Defer(case.lookups.first, WaitReason.ACTION_NOT_SHOWN_ANY_MORE)
    return Hold(HoldReason.TAKEN_BACK, subject=str(job.begun), data={"issued": job.begun})


def _gone(case: ActionContext, absence: Absence) -> Decision:
    if absence.is_final(GONE_LOOKS):
        return gone(case)
    if not absence.is_told:
        return _overdue(case) or Defer(_pause(case), WaitReason.DEVICE_NOT_SHOWN)
    pause = case.lookups.first if absence.looks < GONE_LOOKS else _pause(case)
    return Defer(pause, WaitReason.DEVICE_NOT_SHOWN)


def _pause(case: ActionContext, *, since: str = "issued") -> timedelta:
    return next_look(case.since(since), first=case.lookups.first, longest_pause=case.lookups.longest_pause)
