"""The two personal lists of a mailbox, and what is left to do until a device's id is on the right one.

Exchange compares ids without regard to case. Only what is not so yet is changed: assumed is that adding what is there
already could be refused.
"""

from dataclasses import dataclass
from enum import StrEnum

from exconn.actions.context import ActionContext
from exconn.actions.look import controller_of
from exconn.exchange import Device, Gaps, ListChange, MailboxOwner, Session, asked_at


class PersonalList(StrEnum):
    """A list of device ids that a mailbox has."""

    ALLOWED = "ActiveSyncAllowedDeviceIDs"
    BLOCKED = "ActiveSyncBlockedDeviceIDs"


@dataclass(frozen=True, kw_only=True)
class LeftToDo:
    """The changes of the two lists; None where a list is as it is to be."""

    allowed: ListChange | None = None
    blocked: ListChange | None = None

    @property
    def lists(self) -> list[PersonalList]:
        """The lists that are not as they are to be."""
        changes = {PersonalList.ALLOWED: self.allowed, PersonalList.BLOCKED: self.blocked}
        return [each for each, change in changes.items() if change is not None]


def left_to_do(owner: MailboxOwner, device_id: str, onto: PersonalList) -> LeftToDo:
    """What is left until the device is on the list `onto` of its owner, and off the other."""
    if onto is PersonalList.BLOCKED:
        return LeftToDo(allowed=_off(owner.allowed_ids, device_id), blocked=_on(owner.blocked_ids, device_id))
    return LeftToDo(allowed=_on(owner.allowed_ids, device_id), blocked=_off(owner.blocked_ids, device_id))


def _on(ids: tuple[str, ...], device_id: str) -> ListChange | None:
    return None if _same(ids, device_id) else ListChange(add=(device_id,))


def _off(ids: tuple[str, ...], device_id: str) -> ListChange | None:
    same = _same(ids, device_id)
    return ListChange(remove=same) if same else None


def _same(ids: tuple[str, ...], device_id: str) -> tuple[str, ...]:
    """The entries that mean the device, as they are written in the list."""
    return tuple(each for each in ids if each.casefold() == device_id.casefold())


def read_lists(
    case: ActionContext, device: Device, mailbox: str, onto: PersonalList, gaps: Gaps | None = None
) -> LeftToDo:
    """What is left to do, as the domain controller shows it that showed the device. Raises the client's errors.

    Where that is none of the device's domain, one of the mailbox's domain: a global catalog may not know of the edit.
    With `gaps`, errors beside the mailbox are added to it.
    """
    owner = asked_at(controller_of(device), lambda asked: _owner(case.session, mailbox, asked, gaps))
    return left_to_do(owner, device.device_id, onto)


def _owner(session: Session, mailbox: str, controller: str | None, gaps: Gaps | None) -> MailboxOwner:
    if controller is None:
        return session.mailbox_owner(mailbox, gaps, fresh=True)
    return session.mailbox_owner(mailbox, gaps, domain_controller=controller)
