"""Mailboxes that the list of owners lacks, although they have devices: looked up one by one, and not without end."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from exconn.contracts import ReadingGaps
from exconn.discovery.reading_gaps import is_gone, kind_of_error, of_mailbox, of_unread
from exconn.exchange import Device, Gaps, MailboxOwner, Malformed, ObjectNotFound, RefusedByExchange, Session, Transient

#: Mailboxes that one sweep looks up; each is a command of its own.
MOST_LOOKUPS = 1000
#: Why a mailbox beyond them is unread.
NOT_LOOKED_UP = "not_looked_up"


@dataclass
class OwnerLookups:
    """Devices that wait for the look-up of their owner."""

    most: int = MOST_LOOKUPS
    _found: ReadingGaps = field(default_factory=ReadingGaps)
    _not_looked_up: int = 0
    _waiting: dict[str, list[Device]] = field(default_factory=dict)
    _unread: set[str] = field(default_factory=set)

    def put_aside(self, device: Device) -> bool:
        """Whether the device waits from now on. It does not when nobody can be asked for, or too many are."""
        name = device.owner_dn.casefold()
        if not name:
            return False
        if name not in self._waiting and len(self._waiting) >= self.most:
            if name not in self._unread:
                self._unread.add(name)
                self._not_looked_up += 1
            return False
        self._waiting.setdefault(name, []).append(device)
        return True

    def is_unread(self, device: Device) -> bool:
        """Whether nobody could say whose the device is."""
        return device.owner_dn.casefold() in self._unread

    def looked_up(self, session: Session) -> Iterator[tuple[list[Device], MailboxOwner | None]]:
        """The devices of each owner in turn, with the owner where there is one."""
        for devices in self._waiting.values():
            gaps = Gaps()
            try:
                owner = session.mailbox_owner(devices[0].owner_dn, gaps)
            except (ObjectNotFound, RefusedByExchange, Transient, Malformed) as exc:
                owner = None
                # A mailbox that is disabled or deleted leaves its devices in the directory.
                if not is_gone(exc):
                    self._unread.add(devices[0].owner_dn.casefold())
                    self._found += of_unread(devices[0].owner_dn, kind_of_error(exc))
            if gaps.total:
                self._found += of_mailbox(devices[0].owner_dn, gaps)
            yield devices, owner

    @property
    def gaps(self) -> ReadingGaps:
        """Which owners could not be read."""
        count = self._not_looked_up
        return self._found + ReadingGaps(unread_mailboxes=count, kinds={NOT_LOOKED_UP: count} if count else {})
