"""Whether Exchange shows a wipe already, or its end: what its times and its status say of it."""

from exconn.actions.context import ActionContext
from exconn.actions.wipe.pre_image import before_ours, requestor_digest
from exconn.contracts import ClientClass
from exconn.exchange import DeviceStatistics, WipeTimes

#: The status of a device of which nothing is wanted.
_NOTHING_PENDING = "deviceok"


def is_already_pending(case: ActionContext, client: ClientClass, statistics: DeviceStatistics) -> bool:
    """Whether a pending wipe will do for this action.

    One of Outlook stays pending for ever. Once it was sent it erases nothing more, unless this action may have sent it.
    """
    wipe = statistics.wipe
    if not is_pending(wipe) or is_taken_back(statistics):
        return False
    is_spent = client is ClientClass.OUTLOOK and is_sent(wipe)
    return not is_spent or (case.is_ours and before_ours(case).shows_issue(wipe, requestor_digest(wipe)))


def is_acknowledged(case: ActionContext, times: WipeTimes) -> bool:
    """Whether the device acknowledged the wipe that is followed: since its pre-image, and nothing was asked for since.

    A pre-image that others may have written is believed only where what was known at acceptance says so, too.
    """
    if is_pending(times) or not before_ours(case).shows_acknowledgement(times):
        return False
    known = case.work.known
    is_newer = known is not None and times.acknowledged != known.last_acknowledged
    return case.running.job.pre_image_kept or is_newer


def is_taken_back(statistics: DeviceStatistics) -> bool:
    """Whether the status says that nothing is pending: then a request time was left by a wipe that was taken back."""
    return statistics.status.casefold() == _NOTHING_PENDING


def is_sent(times: WipeTimes) -> bool:
    """Whether the wipe that was asked for last was sent to the device."""
    return times.requested is not None and times.sent is not None and times.sent >= times.requested


def is_pending(times: WipeTimes) -> bool:
    """Whether Exchange shows a wipe that was asked for and not acknowledged since."""
    if times.requested is None:
        return False
    return times.acknowledged is None or times.acknowledged < times.requested
