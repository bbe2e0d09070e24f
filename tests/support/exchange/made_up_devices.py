"""An organization in memory, at the edge of the Exchange client: as much of a session as a sweep uses."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from exconn.exchange import Device, DeviceStatistics, Gap, Gaps, MailboxOwner, ObjectNotFound, WipeTimes

CREATED = datetime(2024, 3, 1, tzinfo=UTC)


def guid(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def owner(number: int, **changes: Any) -> MailboxOwner:
    """A mailbox with partnerships."""
    plain = MailboxOwner(
        guid=guid(10_000_000 + number),
        name=f"user{number}",
        user_name=f"u{number}",
        distinguished_name=f"CN=user{number},OU=Sales,DC=contoso,DC=test",
        primary_address=f"user{number}@contoso.test",
        activesync_enabled=True,
        policy=None,
        policy_defaulted=True,
        allowed_ids=(),
        blocked_ids=(),
        has_partnership=True,
    )
    return replace(plain, **changes)


def device(number: int, of: MailboxOwner, **changes: Any) -> Device:
    """A phone of that mailbox."""
    plain = Device(
        guid=guid(number),
        device_id=f"ApplDNXY{number:08}",
        device_type="iPhone",
        identity=f"contoso.test/Sales/{of.name}/ExchangeActiveSyncDevices/iPhone\u00a7{number}",
        distinguished_name=f"CN=iPhone\u00a7{number},CN=ExchangeActiveSyncDevices,{of.distinguished_name}",
        owner_dn=of.distinguished_name,
        owner_name=of.name,
        friendly_name="",
        model="iPhone15C3",
        os="iOS 17",
        user_agent="Apple-iPhone15C3/2106.90",
        imei="",
        phone_number="",
        client_type="EAS",
        client_version="16.1",
        access_state="Allowed",
        access_state_reason="Global",
        first_sync=CREATED,
        created=CREATED,
        changed=CREATED,
        originating_server="dc1",
        user_display_name=of.name,
    )
    return replace(plain, **changes)


def statistics(number: int) -> DeviceStatistics:
    """What the mailbox knows of a phone."""
    return DeviceStatistics(
        guid=guid(number),
        identity="",
        device_id=f"ApplDNXY{number:08}",
        first_sync=CREATED,
        last_sync=CREATED,
        last_attempt=CREATED,
        last_policy_update=None,
        status="DeviceOk",
        policy_applied="Default",
        policy_status="AppliedInFull",
        access_state="Allowed",
        access_state_reason="Global",
        remote_wipe_supported=True,
        wipe=WipeTimes(),
        account_only_wipe=WipeTimes(),
    )


class Organization:
    """A session on an organization that is given as lists; `answers` is what each mailbox says of its phones.

    `beside` is what the lists lack, `beside_statistics` and `beside_owners` what each mailbox does.
    """

    def __init__(
        self,
        owners: Iterator[MailboxOwner] | list[MailboxOwner],
        devices: Iterator[Device] | list[Device],
        *,
        answers: Mapping[str, list[DeviceStatistics] | Exception] | None = None,
        looked_up: Mapping[str, MailboxOwner | Exception] | None = None,
        beside: Iterable[Gap] = (),
        beside_statistics: Mapping[str, Iterable[Gap]] | None = None,
        beside_owners: Mapping[str, Iterable[Gap]] | None = None,
    ) -> None:
        self._owners = owners
        self._devices = devices
        self.answers = answers or {}
        self._looked_up = looked_up or {}
        self.beside = beside
        self.beside_statistics = beside_statistics or {}
        self.beside_owners = beside_owners or {}
        self.asked: list[str] = []

    def mailbox_owners(self, gaps: Gaps) -> Iterator[MailboxOwner]:
        yield from (owner for owner in self._owners if owner.has_partnership)
        _add(gaps, self.beside)

    def devices(self, _gaps: Gaps) -> Iterator[Device]:
        yield from self._devices

    def mailbox_owner(self, identity: str, gaps: Gaps) -> MailboxOwner:
        self.asked.append(identity)
        _add(gaps, self.beside_owners.get(identity, ()))
        if identity not in self._looked_up:
            raise ObjectNotFound("Get-CASMailbox", identity, "dc1")
        answer = self._looked_up[identity]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def statistics_of_mailbox(self, mailbox: str, gaps: Gaps) -> list[DeviceStatistics]:
        self.asked.append(mailbox)
        _add(gaps, self.beside_statistics.get(mailbox, ()))
        answer = self.answers[mailbox]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _add(gaps: Gaps, found: Iterable[Gap]) -> None:
    for gap in found:
        gaps.add(gap)
