"""What the facts stream carries: pages of device records, the only messages with personal data.

A page is one stream record: fields `v`, `type`, `connector`, `sweep`, `job`, `at` (milliseconds) and `page` (a JSON
list of facts of that type). `finalise` closes a sweep in the same order and has one fact.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from exconn.contracts.reading_gaps import ReadingGaps

#: The newest format of a facts record that this version reads.
FACTS_FORMAT = 2


class FactsType(StrEnum):
    """The type of the facts in a page."""

    DEVICES = "devices"
    STATISTICS = "statistics"
    OWNERS = "owners"
    FINALISE = "finalise"


class AccessState(StrEnum):
    """What Exchange lets a device do, as its documentation names it; a record may hold another word."""

    ALLOWED = "Allowed"
    BLOCKED = "Blocked"
    QUARANTINED = "Quarantined"
    DEVICE_DISCOVERY = "DeviceDiscovery"
    UNKNOWN = "Unknown"


class Fact(BaseModel):
    """Base of all facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DeviceFact(Fact):
    """A partnership as the directory shows it. `name` is `<user name>_<device type>`, which need not be unique."""

    guid: str
    name: str
    device_id: str
    device_type: str
    owner: str | None = None
    owner_name: str = ""
    friendly_name: str = ""
    model: str = ""
    os: str = ""
    user_agent: str = ""
    imei: str = ""
    phone_number: str = ""
    client_type: str = ""
    client_version: str = ""
    access_state: str = ""
    access_state_reason: str = ""
    first_sync: datetime | None = None
    created: datetime | None = None
    identity: str = ""
    user_domain: str = ""
    access_control_rule: str = ""
    os_language: str = ""
    mobile_operator: str = ""


class StatisticsFact(Fact):
    """What the mailbox knows of a partnership: contacts, policy, wipes."""

    guid: str
    last_sync: datetime | None = None
    last_attempt: datetime | None = None
    last_policy_update: datetime | None = None
    status: str = ""
    policy_applied: str = ""
    policy_status: str = ""
    remote_wipe_supported: bool | None = None
    wipe_requested: datetime | None = None
    wipe_sent: datetime | None = None
    wipe_acknowledged: datetime | None = None
    wipe_requestor: str = ""
    account_wipe_requested: datetime | None = None
    account_wipe_sent: datetime | None = None
    account_wipe_acknowledged: datetime | None = None
    account_wipe_requestor: str = ""
    status_note: str = ""


class OwnerFact(Fact):
    """A mailbox with partnerships."""

    guid: str
    name: str = ""
    address: str = ""
    activesync_enabled: bool | None = None
    policy: str | None = None
    policy_defaulted: bool | None = None
    allowed_ids: tuple[str, ...] = ()
    blocked_ids: tuple[str, ...] = ()
    server: str = ""


class FinaliseFact(Fact):
    """The end of a sweep: whatever it found changed is in pages before this record.

    A sweep that is not complete lacks something: parts, or what `gaps` says. That a device is missing from it says
    nothing.
    """

    sweep: int
    devices: int
    owners: int
    started_at: datetime
    complete: bool = True
    gaps: ReadingGaps = ReadingGaps()


FACT_OF: dict[FactsType, type[Fact]] = {
    FactsType.DEVICES: DeviceFact,
    FactsType.STATISTICS: StatisticsFact,
    FactsType.OWNERS: OwnerFact,
    FactsType.FINALISE: FinaliseFact,
}
