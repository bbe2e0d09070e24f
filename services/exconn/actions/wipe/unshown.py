"""A wipe that Exchange said it took and does not show: issued anew once, soon; after that a person is asked.

It is issued anew only where nothing but Exchange can be the reason: complete reads on the very domain controller that
the wipe was written on, so often that no phone could have taken the wipe, acknowledged it and been enrolled again
between two of them. Another domain controller may learn late, and proves nothing.
"""

from datetime import datetime, timedelta

from exconn.actions.context import ActionContext
from exconn.actions.wipe.pre_image import before_ours
from exconn.contracts import HoldReason, WaitReason
from exconn.doorbell import Decision, Defer, Hold
from exconn.exchange import Device

#: Complete reads that did not show it, before anything is done about it.
READS = 2
#: Without such reads a person is asked after so many times the wait.
LONGER = 6


def unshown(case: ActionContext, device: Device, pause: timedelta) -> Decision | None:
    """What becomes of a wipe of ours that was never shown; None: it is to be issued anew."""
    reads = _Reads(case)
    if _was_read_where_it_began(case, device):
        reads.add()
    job, waited, wait = case.running.job, case.since("issued"), case.pauses.unshown
    is_known = reads.count >= READS and waited >= wait
    if case.was_released(HoldReason.NOT_SHOWN, str(job.begun)):
        return None
    if is_known and reads.are_dense and case.notes.get("issued_anew") in (None, job.begun):
        case.notes.add(issued_anew=job.begun)
        return None
    if is_known or waited >= wait * LONGER:
        return Hold(HoldReason.NOT_SHOWN, subject=str(job.begun), data={"issued": job.begun})
    return Defer(min(pause, wait / LONGER), WaitReason.ACTION_NOT_SHOWN_YET)


def _was_read_where_it_began(case: ActionContext, device: Device) -> bool:
    """Whether the domain controller that showed the device is the one that the wipe was written on."""
    began = before_ours(case).domain_controller
    return bool(began) and began.casefold() == device.originating_server.casefold()


class _Reads:
    """Complete reads in a row since the wipe was issued, kept in the notes of the job."""

    def __init__(self, case: ActionContext) -> None:
        noted = case.notes.get("unshown")
        known = noted if isinstance(noted, dict) and noted.get("begun") == case.running.job.begun else {}
        self._case = case
        self._last = known.get("last")
        self.count = int(known.get("count", 0))
        #: Whether there was never too long a time between two of them.
        self.are_dense = known.get("dense", True) is True

    def add(self) -> None:
        """One more, now. Raises LeaseLostError."""
        now = self._case.running.ledger.time()
        since = self._case.since("issued") if self._last is None else now - datetime.fromisoformat(self._last)
        self.are_dense = self.are_dense and since <= self._case.pauses.watched
        self.count += 1
        kept = {"begun": self._case.running.job.begun, "last": now.isoformat()}
        self._case.notes.add(unshown={**kept, "count": self.count, "dense": self.are_dense})
