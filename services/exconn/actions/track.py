"""Following an issued wipe: look until the device acknowledged, the partnership is gone, or a person decides."""

from datetime import datetime, timedelta

from exconn.actions.look import identity_of, wipe_fields
from exconn.actions.notes import note
from exconn.actions.pace import next_look
from exconn.actions.pre_image import PreImage, is_pending
from exconn.connector import Lookups
from exconn.contracts.work import Wipe
from exconn.doorbell import Decision, Defer, Hold, Running, Settle
from exconn.exchange import Ambiguous, Device, DeviceStatistics, ObjectNotFound, RefusedByExchange, Session
from exconn.ledger import Outcome
from exconn.stream import Number

#: Reads without the device before its partnership counts as gone.
GONE_LOOKS = 2


def track(running: Running, work: Wipe, session: Session, lookups: Lookups) -> Decision:
    """One look at an issued wipe."""
    try:
        device = session.device(work.device)
        statistics = wipe_fields(session, device, device.originating_server or None)
    except ObjectNotFound:
        return _gone(running, lookups)
    before = _before(running)
    if before.shows_acknowledgement(statistics.wipe):
        return Settle(Outcome.SUCCEEDED, phase="acknowledged", number=Number.WIPE_ACKNOWLEDGED)
    if running.job.cancel:
        return _withdraw(running, session, device, statistics)
    return _wait(running, before, statistics, lookups)


def _wait(running: Running, before: PreImage, statistics: DeviceStatistics, lookups: Lookups) -> Decision:
    waited = running.ledger.time() - _issued_at(running)
    if waited > lookups.deadline:
        return Hold("undelivered", data={"remedy": "wait, cancel it, or close it as undelivered"})
    pause = next_look(waited, first=lookups.first, pace=lookups.pace)
    if before.shows_sending(statistics.wipe):
        number = Number.JOB_WAITING if running.job.phase == "sent" else Number.WIPE_SENT
        return Defer(min(pause, lookups.first), phase="sent", number=number, reason="waiting for the acknowledgement")
    return Defer(pause, phase=running.job.phase, reason="waiting for the device")


def _withdraw(running: Running, session: Session, device: Device, statistics: DeviceStatistics) -> Decision:
    """Take a pending wipe back. Exchange decides whether it is still possible."""
    if not is_pending(statistics.wipe):
        return Settle(Outcome.CANCELLED, phase="closed", number=Number.JOB_CANCELLED)
    running.begin(purpose="withdraw", phase="cancelling")
    running.surely_held()
    try:
        session.clear_device(
            identity_of(session, device), cancel=True, domain_controller=device.originating_server or None
        )
    except Ambiguous:
        return Defer(timedelta(seconds=2), phase="cancelling", number=Number.ANSWER_UNCLEAR)
    except RefusedByExchange as exc:
        return Hold(f"cancel refused by Exchange: {exc.exception_type or exc.error_id}")
    return Defer(timedelta(seconds=1), phase="cancelling", reason="reading the cancellation back")


def _gone(running: Running, lookups: Lookups) -> Decision:
    seen = running.job.notes.get("gone", 0)
    count = (seen if isinstance(seen, int) else 0) + 1
    if count >= GONE_LOOKS:
        return Settle(Outcome.GONE, phase="closed", number=Number.PARTNERSHIP_GONE)
    note(running, gone=count)
    return Defer(lookups.first, phase=running.job.phase, reason="device not found")


def _before(running: Running) -> PreImage:
    """The wipe fields before ours, or, where another wipe was found pending, those that it was found with."""
    noted = running.job.notes.get("before")
    if not running.job.pre_image and isinstance(noted, dict):
        return PreImage.of(noted)
    return PreImage.of(running.job.pre_image)


def _issued_at(running: Running) -> datetime:
    noted = running.job.notes.get("issued")
    return datetime.fromisoformat(noted) if isinstance(noted, str) else running.job.created
