"""Following a wipe that is in Exchange, until the device acknowledged, its partnership is gone, or a person decides."""

from datetime import timedelta

from exconn.actions.absence import Absence, NotShownError
from exconn.actions.back_off import next_look
from exconn.actions.context import ActionContext
from exconn.actions.look import NoStatisticsError, erases, find_device, wipe_fields
from exconn.actions.wipe.pre_image import is_pending
from exconn.actions.wipe.withdraw import withdraw
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.exchange import DeviceStatistics
from exconn.ledger import Outcome
from exconn.signing import RegistryFile
from exconn.stream import Number

#: Looks in a row without the device before its partnership may count as gone, and without the wipe before a person
#: is asked.
GONE_LOOKS = 2


def track(case: ActionContext, registry: RegistryFile) -> Decision | None:
    """One look; None when the wipe was taken back in Exchange and a person wants it issued anew."""
    absence = Absence(case, "gone")
    try:
        device = find_device(case.session, case.work.device, case.before.domain_controller)
    except NotShownError as exc:
        absence.add(exc)
        return _gone(case, absence)
    absence.end()
    try:
        statistics = wipe_fields(case.session, device, device.originating_server)
    except NoStatisticsError:
        return _overdue(case) or Defer(_pause(case), reason="Exchange shows no statistics of the device")
    if case.before.shows_acknowledgement(statistics.wipe):
        data = {"erases": erases(device)}
        return Settle(Outcome.SUCCEEDED, phase="acknowledged", number=Number.WIPE_ACKNOWLEDGED, data=data)
    if case.running.job.cancel:
        return withdraw(case, registry.current(), device, statistics)
    if is_pending(statistics.wipe):
        case.notes.add(seen=True)
        case.notes.reset("vanished")
        return _overdue(case) or _wait(case, statistics)
    return _vanished(case)


def _wait(case: ActionContext, statistics: DeviceStatistics) -> Decision:
    job, pause = case.running.job, _pause(case)
    if not case.before.shows_sending(statistics.wipe):
        return Defer(pause, reason="waiting for the device")
    number = Number.JOB_WAITING if job.phase == "sent" else Number.WIPE_SENT
    reason = "waiting for the acknowledgement"
    return Defer(min(pause, case.lookups.first), phase="sent", number=number, reason=reason)


def _overdue(case: ActionContext) -> Decision | None:
    if case.since_issued() <= case.lookups.deadline:
        return None
    return Hold("undelivered", data={"remedy": "wait, a look goes on once a day; or cancel it"})


def _vanished(case: ActionContext) -> Decision | None:
    """The wipe is not pending and not acknowledged. Once it was seen, only somebody in Exchange can have done that."""
    if case.notes.get("seen") is not True and case.is_ours:
        return _overdue(case) or Defer(_pause(case), reason="Exchange does not show the wipe yet")
    reason = f"the wipe was taken back in Exchange (issued here {case.running.job.begun} times): release issues it"
    if case.running.job.released_reason == reason:
        return None
    count = case.notes.count("vanished") + 1
    case.notes.add(vanished=count)
    return Hold(reason) if count >= GONE_LOOKS else Defer(case.lookups.first, reason="Exchange shows the wipe no more")


def _gone(case: ActionContext, absence: Absence) -> Decision:
    if absence.is_final(GONE_LOOKS):
        return Settle(Outcome.GONE, phase="closed", number=Number.PARTNERSHIP_GONE)
    pause = case.lookups.first if absence.looks < GONE_LOOKS else _pause(case)
    return Defer(pause, reason="device not found")


def _pause(case: ActionContext) -> timedelta:
    return next_look(case.since_issued(), first=case.lookups.first, pace=case.lookups.pace)
