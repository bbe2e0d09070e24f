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
IN_EXCHANGE = frozenset({"issued", "sent", "cancelling"})


class Memory(NamedTuple):
    """What the ledger keeps of a wipe for its workers: notes, pre-image, and what a person let pass."""

    meant: tuple[int, int] = (0, 0)
    before: View | None = None
    late: bool = False
    seen: bool = False
    vanished: int = 0
    withdrawals: int = 0
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
    #: Whether the worker before was lost.
    lost: bool = False


CANCELLED = Decision("settle", "cancelled", "closed")


def before_exchange(job: Snapshot) -> Decision | None:
    """What speaks against issuing before anything is asked of Exchange."""
    return CANCELLED if job.cancel else None


def issue(job: Snapshot, view: View, rules: Rules) -> Decision | None:
    """The look right before `begin`; None: begin."""
    ruling = _ruling(job.memory.meant, view) if rules.partnership_check else ""
    if ruling in ("acknowledged_since", "enrolled_since"):
        if job.begun and rules.ends_are_true:
            return Decision("hold", "unproven")
        return Decision("settle", "refused", "closed")
    if ruling and job.memory.passed != view:
        return Decision("hold", ruling, memory=job.memory._replace(passed=None))
    if view.is_pending:
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

    A client that never reports has also been sent a wipe that was found, and not only one that was sent since.
    """
    memory = job.memory
    before = memory.before or View()
    if view.acknowledged and view.acknowledged != before.acknowledged:
        return Decision("settle", "succeeded", "acknowledged")
    if job.cancel:
        return _withdraw(job, view)
    if view.is_pending:
        noted = memory._replace(seen=True, vanished=0)
        sent = view.sent != 0 and view.sent != before.sent if reports else view.sent == view.asked
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
    return Decision("withdraw", memory=job.memory._replace(withdrawals=job.memory.withdrawals + 1))
