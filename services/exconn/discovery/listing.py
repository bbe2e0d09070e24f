"""The list of a sweep: owners in bulk, then every device, folded page by page as they come.

What is kept for the parts is packed, so that the worker's memory hardly grows with the organization.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from exconn.discovery.health_mailboxes import is_health_mailbox, is_probe
from exconn.discovery.owners import OwnerIndex
from exconn.discovery.roster import Roster
from exconn.discovery.scope import Scope
from exconn.exchange import Device, MailboxOwner, ObjectNotFound, Session
from exconn.failpoints import failpoint
from exconn.inventory import ListedDevice, PagePlace, Register, device_fact, owner_fact
from exconn.ledger import Lease

T = TypeVar("T")


@dataclass(kw_only=True)
class Listing:
    """One run over the organization, for one generation of a sweep's list."""

    register: Register
    lease: Lease
    place: PagePlace
    scope: Scope
    page: int
    owners: OwnerIndex = field(default_factory=OwnerIndex)
    roster: Roster = field(default_factory=Roster)

    def run(self, session: Session) -> None:
        """List and fold. Raises the errors of the Exchange client and of the register."""
        self._list_owners(session)
        self._list_devices(session)
        self._look_up_rest(session)

    def _list_owners(self, session: Session) -> None:
        wanted = (owner for owner in session.mailbox_owners() if self._is_wanted(owner))
        for page in _pages(wanted, self.page):
            flagged = [owner for owner in page if owner.has_partnership is not False]
            self.register.fold_owners(self.lease, self.place, [owner_fact(owner) for owner in flagged])
            for owner in page:
                self.owners.add(owner, folded=owner.has_partnership is not False)
        self.owners.seal()

    def _is_wanted(self, owner: MailboxOwner) -> bool:
        return self.scope.holds(owner.distinguished_name) and not is_health_mailbox(owner)

    def _list_devices(self, session: Session) -> None:
        wanted = (device for device in session.devices() if self._is_listed(device))
        for page in _pages(wanted, self.page):
            self.register.fold_devices(self.lease, self.place, [self._joined(device) for device in page])
            failpoint("sweep.page_folded", key=self.lease.job_id)

    def _is_listed(self, device: Device) -> bool:
        return self.scope.holds(device.owner_dn) and not is_probe(device)

    def _joined(self, device: Device) -> ListedDevice:
        number = self.owners.number_of(device.owner_dn)
        self.roster.add(device.guid, number)
        if number is None:
            return ListedDevice(fact=device_fact(device))
        return ListedDevice(
            fact=device_fact(device, mailbox=self.owners.guid(number), user_name=self.owners.user_name(number)),
            personally_allowed=self.owners.allows(number, device.device_id),
            personally_blocked=self.owners.blocks(number, device.device_id),
        )

    def _look_up_rest(self, session: Session) -> None:
        """Owners whose mailbox does not say that it has partnerships, although it has: the flag can be stale."""
        stale = (self.owners.guid(number) for number in self.roster.owners() if not self.owners.is_folded(number))
        found = (owner for guid in stale if (owner := _owner(session, guid)) is not None)
        for page in _pages(found, self.page):
            self.register.fold_owners(self.lease, self.place, [owner_fact(owner) for owner in page])


def _owner(session: Session, guid: str) -> MailboxOwner | None:
    try:
        return session.mailbox_owner(guid)
    except ObjectNotFound:
        return None


def _pages(source: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(source)
    while page := list(islice(iterator, size)):
        yield page
