"""The made-up organization: who owns which phone, all of it computed from seed and number.

Only what clients and phones have changed is stored. Five phones belong to four owners (the fourth
has two); one owner in ten more has none.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import RLock

from exconn.simulator.access import first_rules
from exconn.simulator.directory import (
    BEHAVIORS,
    AccessRule,
    AutoblockThreshold,
    Device,
    DeviceChange,
    MailboxChange,
    MailboxPolicy,
    OrganizationSettings,
)
from exconn.simulator.handsets import model_of
from exconn.simulator.numbers import Dice, Kind
from exconn.simulator.people import DOMAIN, DOMAIN_DN, Person, alias_of_name, number_of_alias, person
from exconn.simulator.policies import first_policies

_DEVICE_DN = re.compile(r"^CN=(?P<name>[^,]+),CN=ExchangeActiveSyncDevices,(?P<owner>.+)$", re.IGNORECASE)
_DEVICE_PATH = re.compile(r"^(?P<owner>.+)/ExchangeActiveSyncDevices/(?P<name>[^/]+)$", re.IGNORECASE)
_OWNER_DN = re.compile(rf"^CN=(?P<name>[^,]+),OU=[^,]+,{DOMAIN_DN}$", re.IGNORECASE)


class Organization:
    """The directory and the mailboxes. Changes happen under `lock`."""

    def __init__(self, devices: int, seed: int, now: datetime | None = None) -> None:
        self.lock = RLock()
        self.seed = seed
        self.started = (now or datetime.now(UTC)).replace(microsecond=0)
        self.dice = Dice(seed)
        self._shift = self.dice.roll(Kind.OWNER, 0) % 4800
        self._first_devices = devices
        self._added = 0
        self._added_of_owner: dict[int, list[int]] = {}
        self._changes: dict[int, DeviceChange] = {}
        self._removed = 0
        self._mailboxes: dict[int, MailboxChange] = {}
        self.settings = OrganizationSettings()
        self.policies: dict[int, MailboxPolicy] = first_policies(self.started)
        self.thresholds = [AutoblockThreshold(n, behavior) for n, behavior in enumerate(BEHAVIORS)]
        self.rules: dict[int, AccessRule] = first_rules()
        with_phones = self._owner_number(devices - 1) + 1 if devices else 0
        self.owners = with_phones + max(1, with_phones // 10)

    # Owners

    def owner(self, number: int) -> Person:
        """The owner of that number."""
        return person(number, self._shift)

    def find_owner(self, identity: str) -> int | None:
        """By alias, address, display name, DN, canonical name or GUID."""
        text = identity.strip()
        number = self.dice.number_of(Kind.OWNER, text)
        if number is None:
            number = self.dice.number_of(Kind.MAILBOX, text)
        if number is None:
            number = number_of_alias(self._alias_in(text), self._shift)
        return number if number is not None and number < self.owners else None

    def _alias_in(self, text: str) -> str:
        if match := _OWNER_DN.match(text):
            return alias_of_name(match["name"])
        if "/" in text:
            return alias_of_name(text.rsplit("/", 1)[-1])
        if "@" in text:
            return text.lower().removesuffix(f"@{DOMAIN}")
        return alias_of_name(text) if " " in text else text

    def devices_of(self, owner: int) -> list[int]:
        """The owner's partnerships."""
        block, place = divmod(owner, 4)
        numbers = [block * 5 + place] + ([block * 5 + 4] if place == 3 else [])
        numbers = [n for n in numbers if n < self._first_devices] + self._added_of_owner.get(owner, [])
        return [n for n in numbers if not self.is_removed(n)]

    @staticmethod
    def _owner_number(device: int) -> int:
        return device // 5 * 4 + min(device % 5, 3)

    def mailbox(self, owner: int) -> MailboxChange:
        """What has been set on a mailbox, to read."""
        return self._mailboxes.get(owner) or _UNCHANGED_MAILBOX

    def change_mailbox(self, owner: int) -> MailboxChange:
        """The same, to change."""
        return self._mailboxes.setdefault(owner, MailboxChange())

    def policy_of(self, owner: int) -> MailboxPolicy | None:
        """The owner's mailbox policy: the assigned one, or else the default."""
        policies = list(self.policies.values())
        assigned = self.policies.get(self.mailbox(owner).policy or 0)
        return assigned or next((p for p in policies if p.is_default), None)

    # Devices

    @property
    def device_count(self) -> int:
        """Partnerships that exist now."""
        return self._first_devices + self._added - self._removed

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

    def device(self, number: int) -> Device:
        """The partnership of that number."""
        change = self._changes.get(number) or _UNCHANGED_DEVICE
        phone = number if change.same_phone_as is None else change.same_phone_as
        owner = self._owner_number(phone) if change.owner is None else change.owner
        model = model_of(phone)
        roll = self.dice.roll(Kind.DEVICE, phone)
        created = change.created or self.started - timedelta(seconds=roll % 34_560_000 + 86_400)
        return Device(
            number=number,
            guid=self.dice.guid(Kind.DEVICE, number),
            owner=person(owner, self._shift),
            model=model,
            device_id=f"{model.id_prefix}{roll >> 160:024X}"[: 32 if model.id_prefix else 24],
            imei=f"35{roll >> 32 & 0xFFFFFFFFFF:013d}"[:15] if model.has_modem else None,
            phone_number=f"*******{roll >> 72 & 0xFFFF:05d}"[:11] if model.has_modem else None,
            created=created,
            changed=change.changed or created,
            first_sync=created + timedelta(microseconds=roll >> 90 & 0xFFFFF),
        )

    def guid(self, number: int) -> str:
        """A device's object GUID."""
        return self.dice.guid(Kind.DEVICE, number)

    def find_device(self, identity: str) -> int | None:
        """By GUID, distinguished name or canonical name."""
        text = identity.strip()
        number = self.dice.number_of(Kind.DEVICE, text)
        if number is not None:
            exists = number < self._first_devices + self._added and not self.is_removed(number)
            return number if exists else None
        match = _DEVICE_DN.match(text) or _DEVICE_PATH.match(text)
        owner = self.find_owner(match["owner"]) if match else None
        if match is None or owner is None:
            return None
        wanted = match["name"].lower()
        return next((n for n in self.devices_of(owner) if self.device(n).name.lower() == wanted), None)

    def remove_device(self, number: int) -> None:
        """Delete the partnership."""
        with self.lock:
            self.change(number).removed = True
            self._removed += 1

    def add_device(self, owner: int, created: datetime, same_phone_as: int | None = None) -> int:
        """A new partnership object."""
        with self.lock:
            number = self._first_devices + self._added
            self._added += 1
            change = self.change(number)
            change.owner, change.created, change.same_phone_as = owner, created, same_phone_as
            self._added_of_owner.setdefault(owner, []).append(number)
            return number


_UNCHANGED_DEVICE = DeviceChange()
_UNCHANGED_MAILBOX = MailboxChange()
