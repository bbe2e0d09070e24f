"""The list of a sweep: owners in bulk, then every device, folded page by page as they come.

Owners are those mailboxes that say of themselves that they have partnerships, which can be stale: the mailbox of a
device that the list of owners lacks is looked up by itself. What is kept for the parts is packed, so that the worker's
memory hardly grows with the organization. `exchange/session.py` has the session see all domains of the forest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from exconn.contracts import ReadingGaps
from exconn.discovery.devices_by_owner import DevicesByOwner
from exconn.discovery.health_mailboxes import is_health_mailbox, is_probe
from exconn.discovery.owner_index import OwnerIndex
from exconn.discovery.reading_gaps import of_list
from exconn.discovery.scope import Scope
from exconn.discovery.unlisted_owners import OwnerLookups
from exconn.exchange import Device, Gaps, MailboxOwner, Session
from exconn.failpoints import failpoint
from exconn.inventory import ListedDevice, PagePlace, Register, device_fact, owner_fact
from exconn.ledger import Lease

T = TypeVar("T")


@dataclass(kw_only=True)
class Listing:
    """One run over the organization, for one generation of a sweep's list; `gaps` is what it could not read."""

    register: Register
    lease: Lease
    place: PagePlace
    scope: Scope
    page: int
    owners: OwnerIndex = field(default_factory=OwnerIndex)
    by_owner: DevicesByOwner = field(default_factory=DevicesByOwner)
    lookups: OwnerLookups = field(default_factory=OwnerLookups)
    gaps: ReadingGaps = field(default_factory=ReadingGaps)

    def run(self, session: Session) -> None:
        """List and fold. Raises the errors of the Exchange client and of the register."""
        gaps = Gaps()
        self._list_owners(session, gaps)
        self._list_devices(session, gaps)
        self._look_up_rest(session)
        self.gaps += of_list(gaps) + self.lookups.gaps

    def _list_owners(self, session: Session, gaps: Gaps) -> None:
        wanted = (owner for owner in session.mailbox_owners(gaps) if self._is_wanted(owner))
        for page in _pages(wanted, self.page):
            self.register.fold_owners(self.lease, self.place, [owner_fact(owner) for owner in page])
            for owner in page:
                self.owners.add(owner)
        self.owners.seal()

    def _is_wanted(self, owner: MailboxOwner) -> bool:
        return self.scope.holds(owner.distinguished_name) and not is_health_mailbox(owner)

    def _list_devices(self, session: Session, gaps: Gaps) -> None:
        wanted = (device for device in session.devices(gaps) if self._is_listed(device))
        for page in _pages(wanted, self.page):
            self._fold([device for device in page if not self._is_put_aside(device)])
            failpoint("sweep.page_folded", key=self.lease.job_id)

    def _is_listed(self, device: Device) -> bool:
        return self.scope.holds(device.owner_dn) and not is_probe(device)

    def _is_put_aside(self, device: Device) -> bool:
        return self.owners.number_of(device.owner_dn) is None and self.lookups.put_aside(device)

    def _look_up_rest(self, session: Session) -> None:
        """The devices that were put aside, once a second command can be run."""
        for devices, owner in self.lookups.looked_up(session):
            if owner is not None:
                self.register.fold_owners(self.lease, self.place, [owner_fact(owner)])
                self.owners.add_late(owner)
            for page in _pages(devices, self.page):
                self._fold(page)

    def _fold(self, devices: list[Device]) -> None:
        if not devices:
            return
        known = self._known_of(devices)
        self.register.fold_devices(self.lease, self.place, [self._joined(device, known) for device in devices])

    def _known_of(self, devices: list[Device]) -> dict[str, ListedDevice]:
        """What the register knows of devices whose owner was not read: they keep it."""
        unread = [device for device in devices if self.lookups.is_unread(device)]
        if not unread:
            return {}
        entries = self.register.look_up(self.place.connector, [device.guid for device in unread])
        return {
            device.guid: ListedDevice(
                fact=device_fact(device, mailbox=entry.owner),
                personally_allowed=entry.personally_allowed,
                personally_blocked=entry.personally_blocked,
            )
            for device, entry in zip(unread, entries, strict=True)
            if entry is not None
        }

    def _joined(self, device: Device, known: dict[str, ListedDevice]) -> ListedDevice:
        number = self.owners.number_of(device.owner_dn)
        self.by_owner.add(device.guid, number)
        if number is None:
            return known.get(device.guid) or ListedDevice(fact=device_fact(device))
        return ListedDevice(
            fact=device_fact(device, mailbox=self.owners.guid(number), user_name=self.owners.user_name(number)),
            personally_allowed=self.owners.allows(number, device.device_id),
            personally_blocked=self.owners.blocks(number, device.device_id),
        )


def _pages(source: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(source)
    while page := list(islice(iterator, size)):
        yield page
