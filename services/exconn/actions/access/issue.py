"""Blocking or allowing: find what was meant, begin, edit both lists in one call, read them back.

The lists are read and written on the domain controller that showed the device, where that is one of its domain. Safe to
run again: it begins by reading Exchange, and the edit says how the lists are to be, not what is to happen to them.
"""

from datetime import timedelta
from typing import Self

from exconn.actions.access.personal_lists import LeftToDo, PersonalList, read_lists
from exconn.actions.context import ActionContext
from exconn.actions.destination import Destination, destination_of
from exconn.actions.find_meant import find_meant
from exconn.actions.look import Look
from exconn.actions.send import begin, send
from exconn.contracts import HoldReason, Phase, WaitReason
from exconn.doorbell import Decision, Defer, Hold, Settle
from exconn.exchange import Device, Session
from exconn.ledger import Outcome

READ_AGAIN = timedelta(seconds=2)


class ListsBefore(Destination):
    """Which mailbox is changed, and where. The lists hold ids of devices, so they are not kept."""

    mailbox: str = ""

    @classmethod
    def before(cls, session: Session, look: Look, *, unnamed: bool = False) -> Self:
        """What `begin` keeps."""
        return cls(mailbox=look.fingerprint.mailbox, **destination_of(session, look, unnamed=unnamed))


def issue(onto: PersonalList, case: ActionContext) -> Decision:
    """Put the device's id onto that list of its owner, unless it is so already or the partnership is another one."""
    look = find_meant(case)
    if not isinstance(look, Look):
        return look
    before = ListsBefore.before(case.session, look, unnamed=case.names_no_controller)
    if not before.mailbox:
        return Hold(HoldReason.NO_MAILBOX)
    if not look.device.device_id:
        return Hold(HoldReason.NO_DEVICE_ID)
    left = read_lists(case, look.device, before.mailbox, onto)
    if not left.lists:
        return verified(case, found=True)
    case.notes.add(answered=False, reads=0)
    begin(case, before.model_dump(mode="json"))
    unclear = send(case, lambda: _edit(case, before, left), before.domain_controller)
    return unclear or _answered(case, look.device, before.mailbox, onto)


def verified(case: ActionContext, *, found: bool = False, read_back: bool = False) -> Settle:
    """The action ends: both lists were read as they are to be. `found` = they were so before anything was sent."""
    data = {"found": found, "read_back": read_back}
    return Settle(Outcome.SUCCEEDED, phase=Phase.VERIFIED, number=case.numbers.succeeded, data=data)


def _edit(case: ActionContext, before: ListsBefore, left: LeftToDo) -> None:
    case.session.change_personal_lists(
        before.mailbox,
        allowed=left.allowed,
        blocked=left.blocked,
        domain_controller=before.domain_controller or None,
    )


def _answered(case: ActionContext, device: Device, mailbox: str, onto: PersonalList) -> Decision:
    """Exchange says that it did it: no call is lost, whatever the reads to come show."""
    case.notes.add(answered=True)
    if not read_lists(case, device, mailbox, onto).lists:
        return verified(case)
    return Defer(READ_AGAIN, WaitReason.VALUES_NOT_SHOWN_YET, phase=Phase.ISSUING, number=case.numbers.issued)
