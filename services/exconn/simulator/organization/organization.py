"""The made-up organization: who owns which phone, all of it computed from seed and number.

Only what clients and phones have changed is stored. Five phones belong to four owners (the fourth
has two); one owner in ten more has none.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from exconn.simulator.organization.access import allowed_ids, blocked_ids, first_rules
from exconn.simulator.organization.directory import (
    BEHAVIORS,
    AccessRule,
    AutoblockThreshold,
    DeviceChange,
    MailboxChange,
    OrganizationObject,
    OwnerKind,
    Partnership,
    PolicyObject,
)
from exconn.simulator.organization.estate import TIDY, Estate
from exconn.simulator.organization.identities import alias_in, device_in, domain_in
from exconn.simulator.organization.numbers import Dice, NumberKind
from exconn.simulator.organization.oddities import Oddities
from exconn.simulator.organization.people import (
    Person,
    ProbeKind,
    is_probe_name,
    number_of_alias,
    person,
    probe_mailbox,
)
from exconn.simulator.organization.policies import first_policies
from exconn.simulator.phones.handsets import PROBE, TEST_PROBE, Model, can_enforce, model_of
from exconn.simulator.protocol.prepared import ChangeLock, Kept

#: A name with two characters that XML has no place for; PowerShell writes them as they are.
STRANGE_NAME = "My \ufffephone\uffff"

#: Numbers of owners from here on are mailboxes that servers are tested with.
FIRST_PROBE = 1 << 24
#: Added to an owner's number in its GUIDs for each arrival.
_ARRIVAL = 1 << 25


class Organization:
    """The directory and the mailboxes. Changes happen under `lock`."""

    def __init__(self, devices: int, seed: int, now: datetime | None = None, estate: Estate = TIDY) -> None:
        self.estate = estate
        self.oddities = Oddities(estate)
        self.lock = ChangeLock()
        #: Devices as they were shown, until something changes.
        self.shown = Kept(self.lock)
        self.seed = seed
        self.started = (now or datetime.now(UTC)).replace(microsecond=0)
        self.dice = Dice(seed)
        self._shift = self.dice.roll(NumberKind.OWNER, 0) % 4800
        self._first_devices = devices
        self._added = 0
        self._added_of_owner: dict[int, list[int]] = {}
        self._changes: dict[int, DeviceChange] = {}
        self._removed = 0
        self._mailboxes: dict[int, MailboxChange] = {}
        self._probes: list[ProbeKind] = []
        self.settings = OrganizationObject()
        self.policies: dict[int, PolicyObject] = first_policies(self.started)
        self.thresholds = [AutoblockThreshold(n, behavior) for n, behavior in enumerate(BEHAVIORS)]
        self.rules: dict[int, AccessRule] = first_rules()
        with_phones = self._owner_number(devices - 1) + 1 if devices else 0
        self.owners = with_phones + max(1, with_phones // 10)
        self._standing_probes = [self.add_probe(kind) for kind in self.oddities.probes()]

    # Owners

    def owner(self, number: int) -> Person:
        """The owner of that number."""
        if number >= FIRST_PROBE:
            digits = f"{self.dice.roll(NumberKind.OWNER, number) >> 128:032x}"
            return probe_mailbox(self._probes[number - FIRST_PROBE], number, digits)
        return person(number, self._shift, self.estate.forest)

    def owner_numbers(self) -> Iterator[int]:
        """All mailboxes that are here."""
        for number in chain(range(self.owners), self._probe_owners()):
            if self.mailbox(number).left_with is None:
                yield number

    def find_owner(self, identity: str) -> int | None:
        """By alias, address, display name, DN, canonical name or GUID."""
        text = identity.strip()
        for kind in (NumberKind.OWNER, NumberKind.MAILBOX):
            if (tagged := self.dice.number_of(kind, text)) is not None:
                arrivals, number = divmod(tagged, _ARRIVAL)
                return number if self._is_here(number) and self.mailbox(number).arrivals == arrivals else None
        named = self._probe_named(text)
        if named is None:
            named = number_of_alias(alias_in(text), self._shift)
        if named is None or not self._is_here(named):
            return None
        domain = domain_in(text)
        elsewhere = domain and domain != self.owner(named).domain.dn.lower()
        return None if elsewhere else named

    def find_absent_owner(self, alias: str) -> int | None:
        """By alias, a mailbox that moved to another organization."""
        number = number_of_alias(alias, self._shift)
        exists = number is not None and number < self.owners
        return number if number is not None and exists and not self._is_here(number) else None

    def _is_here(self, owner: int) -> bool:
        exists = owner < self.owners or owner in self._probe_owners()
        return exists and self.mailbox(owner).left_with is None

    def _probe_owners(self) -> range:
        return range(FIRST_PROBE, FIRST_PROBE + len(self._probes))

    def _probe_named(self, text: str) -> int | None:
        if not is_probe_name(text):
            return None
        people = map(self.owner, self._probe_owners())
        wanted = text.lower()
        names = ((p.number, (p.alias, p.address, p.dn, p.canonical)) for p in people)
        return next((n for n, spelled in names if wanted in map(str.lower, spelled)), None)

    def owner_guid(self, owner: int, kind: int) -> str:
        """The GUID of a mailbox or of its user object; others after each arrival from another organization."""
        return self.dice.guid(kind, self.mailbox(owner).arrivals * _ARRIVAL + owner)

    def add_probe(self, kind: ProbeKind = ProbeKind.HEALTH) -> int:
        """One more mailbox that servers are tested with, with its probe; returns the probe's number."""
        with self.lock:
            number = FIRST_PROBE + len(self._probes)
            self._probes.append(kind)
            model = PROBE if kind is ProbeKind.HEALTH else TEST_PROBE
            return self.add_device(number, self.started, model=model)

    def devices_of(self, owner: int) -> list[int]:
        """The owner's partnerships."""
        block, place = divmod(owner, 4)
        numbers = [] if owner >= FIRST_PROBE else [block * 5 + place] + ([block * 5 + 4] if place == 3 else [])
        numbers = [n for n in numbers if n < self._first_devices] + self._added_of_owner.get(owner, [])
        return [n for n in numbers if not self.is_removed(n)]

    @staticmethod
    def _owner_number(device: int) -> int:
        return device // 5 * 4 + min(device % 5, 3)

    def owner_of(self, device: int) -> int:
        """The number of a device's owner."""
        change = self.change_of(device)
        phone = device if change.same_phone_as is None else change.same_phone_as
        return self._owner_number(phone) if change.owner is None else change.owner

    def personal_lists(self, owner: int) -> tuple[list[str], list[str]]:
        """The device ids that the mailbox allows and blocks, as set or as at the start."""
        mailbox = self.mailbox(owner)
        devices = [self.device(n) for n in self.devices_of(owner)]
        allowed, blocked = mailbox.allowed, mailbox.blocked
        if allowed is None:
            allowed = [i for d in devices for i in allowed_ids(d, mailbox)]
        if blocked is None:
            blocked = [i for d in devices for i in blocked_ids(d, mailbox)]
        return allowed, blocked

    def mailbox(self, owner: int) -> MailboxChange:
        """What has been set on a mailbox, to read."""
        return self._mailboxes.get(owner) or self._first_mailbox(owner) or _UNCHANGED_MAILBOX

    def _first_mailbox(self, owner: int) -> MailboxChange | None:
        """What was set on it before the start; None where that was nothing."""
        kind = self.oddities.kind_of(owner)
        if kind is OwnerKind.USER or owner >= FIRST_PROBE:
            return None
        first = MailboxChange(kind=kind)
        first.shut_since = None if first.lets_in else self.started
        return first

    def change_mailbox(self, owner: int) -> MailboxChange:
        """The same, to change."""
        if (known := self._mailboxes.get(owner)) is None:
            known = self._mailboxes.setdefault(owner, self._first_mailbox(owner) or MailboxChange())
        return known

    def policy_of(self, owner: int) -> PolicyObject | None:
        """The owner's mailbox policy: the assigned one, or else the default."""
        policies = list(self.policies.values())
        assigned = self.policies.get(self.mailbox(owner).policy or 0)
        return assigned or next((p for p in policies if p.is_default), None)

    # Devices

    @property
    def device_count(self) -> int:
        """Partnerships that exist now, without the probes that were there at the start."""
        return self.partnership_count - len(self._standing_probes)

    @property
    def partnership_count(self) -> int:
        """Partnerships that exist now: what a list of everything shows."""
        return self._first_devices + self._added - self._removed

    @property
    def last_number(self) -> int:
        """The number that the next partnership gets."""
        return self._first_devices + self._added

    def numbers(self) -> Iterator[int]:
        """All partnerships, in a steady order."""
        for number in range(self._first_devices + self._added):
            if number not in self._changes or not self._changes[number].removed:
                yield number

    def is_removed(self, number: int) -> bool:
        """Whether the partnership is gone."""
        change = self._changes.get(number)
        return change is not None and change.removed

    def change_of(self, number: int) -> DeviceChange:
        """What happened to a device, to read."""
        return self._changes.get(number) or _UNCHANGED_DEVICE

    def change(self, number: int) -> DeviceChange:
        """The same, to change."""
        return self._changes.setdefault(number, DeviceChange())

    def model_of(self, number: int) -> Model:
        """Which phone it is."""
        change = self.change_of(number)
        phone = number if change.same_phone_as is None else change.same_phone_as
        return change.model or model_of(phone, real=self.estate.is_old)

    def device(self, number: int) -> Partnership:
        """The partnership of that number."""
        change = self.change_of(number)
        phone = number if change.same_phone_as is None else change.same_phone_as
        model = self.model_of(number)
        roll = self.dice.roll(NumberKind.DEVICE, phone)
        created = change.created or self.started - timedelta(seconds=roll % 34_560_000 + 86_400)
        is_first = number < self._first_devices
        return Partnership(
            number=number,
            guid=self.dice.guid(NumberKind.DEVICE, number),
            owner=self.owner(self.owner_of(number)),
            model=model,
            device_id=f"{model.id_prefix}{roll >> 160:024X}"[: 32 if model.id_prefix else 24],
            imei=f"35{roll >> 32 & 0xFFFFFFFFFF:013d}"[:15] if model.has_modem else None,
            phone_number=f"*******{roll >> 72 & 0xFFFF:05d}"[:11] if model.has_modem else None,
            created=created,
            changed=change.changed or created,
            first_sync=created + timedelta(microseconds=roll >> 90 & 0xFFFFF),
            enforces=can_enforce(phone) if change.enforces is None else change.enforces,
            is_first=is_first,
            is_conflict=is_first and self.oddities.is_conflict(number),
            shows_id=not is_first or self.oddities.has_device_id(number),
            given_name=STRANGE_NAME if is_first and self.oddities.has_strange_name(number) else "",
        )

    def guid(self, number: int) -> str:
        """A device's object GUID."""
        return self.dice.guid(NumberKind.DEVICE, number)

    def find_device(self, identity: str) -> int | None:
        """By GUID, distinguished name or canonical name."""
        text = identity.strip()
        number = self.dice.number_of(NumberKind.DEVICE, text)
        if number is not None:
            exists = number < self._first_devices + self._added and not self.is_removed(number)
            return number if exists else None
        named = device_in(text)
        owner = self.find_owner(named[0]) if named else None
        if named is None or owner is None:
            return None
        return next((n for n in self.devices_of(owner) if self.device(n).name.lower() == named[1]), None)

    def remove_device(self, number: int) -> None:
        """Delete the partnership."""
        with self.lock:
            owner = self.owner_of(number)
            # The personal lists stay as they are: an id on them outlives its partnership.
            allowed, blocked = self.personal_lists(owner)
            if allowed or blocked:
                mailbox = self.change_mailbox(owner)
                mailbox.allowed, mailbox.blocked = allowed, blocked
            self.change(number).removed = True
            self._removed += 1

    def add_device(
        self, owner: int, created: datetime, same_phone_as: int | None = None, model: Model | None = None
    ) -> int:
        """A new partnership object."""
        with self.lock:
            number = self._first_devices + self._added
            self._added += 1
            change = self.change(number)
            change.owner, change.created, change.same_phone_as = owner, created, same_phone_as
            change.model = model
            self._added_of_owner.setdefault(owner, []).append(number)
            return number


_UNCHANGED_DEVICE = DeviceChange()
_UNCHANGED_MAILBOX = MailboxChange()
