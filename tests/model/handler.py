"""What a worker does with a wipe, between two calls that others may come between: `services/exconn/actions`.

Each function is one look at Exchange or one decision. What is decided is a `Decision`, applied to the ledger in a step
of its own.
"""

from typing import NamedTuple

from tests.model.exchange import View
from tests.model.rules import Rules

GONE_LOOKS = 2
READS = 2
MOST_WITHDRAWALS = 3


class Memory(NamedTuple):
    """What the ledger keeps of a wipe for its workers: notes, pre-image, and what a person let pass."""

    meant: tuple[int, int] = (0, 0)
    before: View | None = None
    late: bool = False
    seen: bool = False
    vanished: int = 0
    withdrawals: int = 0
    #: Whether the last cancellation, if any, is surely not running any more.
    withdrawal_over: bool = True
    #: Reads that did not show a wipe which Exchange said it took, and whether it was issued anew because of them.
    unshown: int = 0
    anew: bool = False
    #: What a person let pass: the view of a hold for a partnership that differs, or a wipe that was taken back.
    passed: View | None = None
    again: bool = False


class Tally(NamedTuple):
    """What nobody keeps but the model: how often the wipe may still be sent, and records that wait for their cmdlet."""

    wanted: int = 1
    recorded: int = 0
    #: Whether somebody was told that it is cancelled.
    cancelled: bool = False


class Decision(NamedTuple):
    """What becomes of the job; `memory` is noted with it."""

    call: str
    word: str = ""
    phase: str = ""
    memory: Memory | None = None


class Snapshot(NamedTuple):
    """The job as its worker read it when he claimed it."""

    phase: str
    cancel: bool
    begun: bool
    memory: Memory


CANCELLED = Decision("settle", "cancelled", "closed")


def before_exchange(job: Snapshot) -> Decision | None:
    """What speaks against issuing before anything is asked of Exchange."""
    return CANCELLED if job.cancel else None


def issue(job: Snapshot, view: View, rules: Rules, *, reports: bool = True) -> Decision | None:
    """The look right before `begin`; None: begin.

    A wipe of a client that never reports stays pending for ever: once it was sent it stands for no other.
    """
    ruling = _ruling(job.memory.meant, view) if rules.partnership_check else ""
    if ruling in ("acknowledged_since", "enrolled_since"):
        if job.begun and rules.ends_are_true:
            return Decision("hold", "unproven")
        return Decision("settle", "refused", "closed")
    if ruling and job.memory.passed != view:
        return Decision("hold", ruling, memory=job.memory._replace(passed=None))
    before = job.memory.before or View()
    is_spent = not reports and view.sent == view.asked and not (job.begun and view.asked != before.asked)
    if view.is_pending and not is_spent:
        noted = job.memory if job.begun else job.memory._replace(before=view)
        return Decision("defer", "device_silent", "issued", noted)
    return None


def _ruling(meant: tuple[int, int], found: View) -> str:
    enrolment, acknowledged = meant
    if found.acknowledged > acknowledged:
        return "acknowledged_since"
    if found.enrolment > enrolment:
        return "enrolled_since"
    return "partnership_differs" if (found.enrolment, found.acknowledged) != meant else ""


def read_back(job: Snapshot, view: View) -> Decision | None:
    """After a lost or unclear call; None: Exchange shows no wipe that was asked for since."""
    before = job.memory.before or View()
    if view.asked and view.asked != before.asked:
        return Decision("defer", "device_silent", "issued")
    return None


def follow(job: Snapshot, view: View, *, reports: bool = True) -> Decision | None:
    """One look at a wipe that is in Exchange; None: it is to be issued anew.

    A client that never reports has been sent a wipe only when it was sent since, and was not asked for anew after that.
    """
    memory = job.memory
    before = memory.before or View()
    if view.acknowledged and view.acknowledged != before.acknowledged:
        return Decision("settle", "succeeded", "acknowledged")
    if job.cancel:
        return _withdraw(job, view)
    if view.is_pending and (not job.begun or view.asked != before.asked):
        noted = memory._replace(seen=True, vanished=0)
        sent = view.sent not in (0, before.sent) and (reports or view.sent == view.asked)
        if sent and job.phase != "sent":
            return Decision("defer", "not_acknowledged_yet", "sent", noted)
        return Decision("defer", "device_silent", "", noted)
    if memory.again:
        return None
    if not memory.seen and job.begun:
        return _unshown(memory)
    if memory.vanished + 1 < GONE_LOOKS:
        return Decision("defer", "action_not_shown_any_more", "", memory._replace(vanished=memory.vanished + 1))
    return Decision("hold", "taken_back", "", memory._replace(vanished=GONE_LOOKS))


def _unshown(memory: Memory) -> Decision | None:
    if memory.unshown + 1 < READS:
        return Decision("defer", "action_not_shown_yet", "", memory._replace(unshown=memory.unshown + 1))
    return Decision("hold", "not_shown") if memory.anew else None


def _withdraw(job: Snapshot, view: View) -> Decision:
    if not view.is_pending or not job.begun:
        return CANCELLED
    if job.memory.withdrawals >= MOST_WITHDRAWALS:
        noted = job.memory._replace(withdrawals=MOST_WITHDRAWALS - 1)
        return Decision("hold", "cancel_without_effect", "", noted)
    noted = job.memory._replace(withdrawals=job.memory.withdrawals + 1, withdrawal_over=False)
    return Decision("withdraw", memory=noted)
