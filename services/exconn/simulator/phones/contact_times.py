"""When phones make contact: about every `sync`, and soon where a wipe waits for its answer.

What a phone does at a contact is in `wipe_steps.py`.

The last contact of an untouched phone is a function of the clock, so a million phones cost nothing.
Only a phone with an open wipe has an appointment, kept by one thread.
"""

import heapq
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Condition, Thread

from exconn.simulator.organization.directory import DeviceChange
from exconn.simulator.organization.numbers import NumberKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.phones.admission import access_of
from exconn.simulator.phones.beliefs import USUAL, Beliefs
from exconn.simulator.phones.handsets import Model
from exconn.simulator.phones.wipe_steps import Then, step

log = logging.getLogger(__name__)

#: One phone in sixteen lies in a drawer.
_DORMANT = 13
_HISTORY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class _Era:
    """From when on phones come how often."""

    begin: datetime
    sync: timedelta


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the phones call."""

    organization: Organization
    phones: "Phones"


def _acknowledged(change: DeviceChange) -> tuple[datetime | None, ...]:
    return change.wipe.acknowledged, change.account_only.acknowledged


class Phones:
    """The clockwork of all phones of one organization. `beliefs` may be replaced at any time."""

    def __init__(self, organization: Organization, sync: timedelta, beliefs: Beliefs = USUAL) -> None:
        self.organization = organization
        self.beliefs = beliefs
        #: Told the GUID of each phone that has just acknowledged a wipe.
        self.on_acknowledged: Callable[[str], None] = lambda _guid: None
        self._eras = [_Era(organization.started - _HISTORY, sync)]
        self._appointments: list[tuple[float, int]] = []
        self._wake = Condition()
        self._stopped = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """Let them live."""
        self._thread = Thread(target=self._run, name="phones", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let them rest."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def set_sync(self, sync: timedelta) -> None:
        """From now on they come this often; open appointments are made anew."""
        self._eras.append(_Era(datetime.now(UTC), sync))
        with self._wake:
            numbers = {number for _due, number in self._appointments}
            self._appointments.clear()
        for number in numbers:
            self.expect(number)

    @property
    def sync(self) -> timedelta:
        """The mean time between contacts."""
        return self._eras[-1].sync

    # Contacts

    def is_online(self, number: int) -> bool:
        """Whether the phone comes by at all."""
        change = self.organization.change_of(number)
        if change.wiped or change.offline_since is not None or self._shut_since(number) is not None:
            return False
        return change.back_since is not None or change.created is not None or number % 16 != _DORMANT

    def last_contact(self, number: int, now: datetime | None = None) -> datetime:
        """When the phone last synchronized."""
        change = self.organization.change_of(number)
        begin = change.created or change.back_since
        if change.wiped and change.synced is not None:
            return change.synced
        now = now or datetime.now(UTC)
        if (shut := self._shut_since(number)) is not None:
            now = min(now, shut)
        if change.offline_since is not None:
            regular = self._regular_contact(number, min(now, change.offline_since))
        elif number % 16 == _DORMANT and change.back_since is None and change.created is None:
            return self._dormant_contact(number, change)
        else:
            regular = self._regular_contact(number, now)
        return max(t for t in (regular, begin, change.synced) if t is not None)

    def _shut_since(self, number: int) -> datetime | None:
        """Since when the phone's mailbox turns it away."""
        return self.organization.mailbox(self.organization.owner_of(number)).shut_since

    def _dormant_contact(self, number: int, change: DeviceChange) -> datetime:
        days = 20 + self.organization.dice.roll(NumberKind.DEVICE, number) % 200
        drawer = self.organization.started - timedelta(days=days, seconds=number % 86_400)
        created = self.organization.device(number).created
        return max(t for t in (drawer, created, change.synced) if t is not None)

    def _regular_contact(self, number: int, now: datetime) -> datetime:
        """The last of the evenly spaced contacts, each phone with its own interval and offset."""
        roll = self.organization.dice.roll(NumberKind.DEVICE, number) >> 8
        for era in reversed(self._eras):
            period = era.sync * (0.75 + (roll & 0xFF) / 512)
            first = era.begin + period * ((roll >> 8 & 0xFF) / 256)
            if now >= first:
                return first + period * ((now - first) // period)
            # Before its first contact of this era it kept the interval of the era before, until that ended.
            now = min(now, era.begin)
        return self._eras[0].begin

    def _next_contact(self, number: int) -> datetime:
        roll = self.organization.dice.roll(NumberKind.DEVICE, number) >> 8
        now = datetime.now(UTC)
        period = self.sync * (0.75 + (roll & 0xFF) / 512)
        return max(self._regular_contact(number, now) + period, now)

    # Wipes

    def expect(self, number: int) -> None:
        """A wipe is waiting: note when the phone comes by."""
        if self.is_online(number):
            delay = (self._next_contact(number) - datetime.now(UTC)).total_seconds()
            self._appoint(number, delay)

    def _appoint(self, number: int, delay_seconds: float) -> None:
        with self._wake:
            heapq.heappush(self._appointments, (time.monotonic() + delay_seconds, number))
            self._wake.notify_all()

    def _run(self) -> None:
        while (number := self._next_due()) is not None:
            try:
                if self.is_online(number):
                    self.contact(number)
            except Exception:
                # One phone that breaks must not silence all others.
                log.exception("a phone broke")

    def _next_due(self) -> int | None:
        with self._wake:
            while not self._stopped:
                if self._appointments:
                    left = self._appointments[0][0] - time.monotonic()
                    if left <= 0:
                        return heapq.heappop(self._appointments)[1]
                    self._wake.wait(left)
                else:
                    self._wake.wait()
            return None

    def contact(self, number: int) -> None:
        """The phone comes by now: it synchronizes, and goes one step on with an open wipe."""
        with self.organization.lock:
            if self.organization.is_removed(number) or self._shut_since(number) is not None:
                return
            if self._stays_away(number):
                self._expect_again(number)
                return
            change = self.organization.change(number)
            now = datetime.now(UTC)
            if not change.wiped:
                change.synced = now
            before = _acknowledged(change)
            then = step(change, self.organization.model_of(number), self.beliefs, now)
            if _acknowledged(change) != before:
                self.on_acknowledged(self.organization.device(number).guid)
        if then is Then.ANSWER:
            self._appoint(number, self._acknowledge_after(number))
        elif then is Then.NEXT_CONTACT:
            self._expect_again(number)

    def _expect_again(self, number: int) -> None:
        """It comes by for its open wipe once more, unless it does so anyway."""
        change = self.organization.change_of(number)
        with self._wake:
            is_expected = any(number == expected for _due, expected in self._appointments)
        if not is_expected and (change.wipe.pending or change.account_only.pending):
            self.expect(number)

    def _stays_away(self, number: int) -> bool:
        """Whether it is blocked, and does not come by for that."""
        if self.beliefs.blocked_phones_connect:
            return False
        return access_of(_Here(self.organization, self), self.organization.device(number)).state == "Blocked"

    def _acknowledge_after(self, number: int) -> float:
        """A second or two, or less when phones live faster."""
        return min(1.0 + number % 10 / 10, self.sync.total_seconds())

    # What the control port asks for

    def go_offline(self, number: int) -> None:
        """Out of reach from now on."""
        with self.organization.lock:
            change = self.organization.change(number)
            change.synced = self.last_contact(number)
            change.offline_since = datetime.now(UTC)

    def go_online(self, number: int) -> None:
        """Back; an open wipe finds it at its next contact."""
        with self.organization.lock:
            change = self.organization.change(number)
            change.offline_since = None
            change.back_since = datetime.now(UTC)
        self.expect(number)

    def refuse_wipe(self, number: int, *, refuses: bool = True) -> None:
        """From now on it answers a wipe with failure, and keeps on synchronizing; or does so no longer."""
        with self.organization.lock:
            self.organization.change(number).refuses_wipe = refuses

    def lose_acknowledgement(self, number: int) -> None:
        """It erases itself at its wipe, and nobody hears of that: it need not wait for an answer."""
        with self.organization.lock:
            self.organization.change(number).loses_acknowledgement = True

    def add(self, owner: int, model: Model | None = None) -> int:
        """A partnership that is set up just now; returns its number."""
        return self.organization.add_device(owner, datetime.now(UTC), model=model)

    def set_enforcing(self, number: int, *, able: bool) -> None:
        """Whether the phone can enforce a mailbox policy from now on."""
        with self.organization.lock:
            self.organization.change(number).enforces = able

    def mailbox_changed(self, owner: int) -> None:
        """Turn the mailbox's phones away, or let them in again; open wipes find them at their next contact."""
        with self.organization.lock:
            mailbox = self.organization.change_mailbox(owner)
            if mailbox.lets_in:
                mailbox.shut_since = None
            elif mailbox.shut_since is None:
                mailbox.shut_since = datetime.now(UTC)
        for number in self.organization.devices_of(owner) if mailbox.lets_in else ():
            change = self.organization.change_of(number)
            if change.wipe.pending or change.account_only.pending:
                self.expect(number)

    def return_of(self, number: int) -> int:
        """A new partnership of the same phone with the same owner, set up just now; returns its number."""
        organization = self.organization
        before = organization.change_of(number)
        phone = number if before.same_phone_as is None else before.same_phone_as
        owner, now = organization.owner_of(number), datetime.now(UTC)
        added = organization.add_device(owner, now, same_phone_as=phone, model=before.model)
        organization.change(added).enforces = before.enforces
        return added
