"""What Exchange knows, as frozen records: plain values, aware UTC times, None where nothing is known.

Parsing tolerates properties that are missing and names that are new: versions of Exchange differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exconn.exchange.distinguished_names import common_name, domain_of, last_part, owner_dn
from exconn.exchange.errors import Malformed, NoGuid

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    """A partnership of a device with a mailbox, as the directory knows it. `guid` is its key everywhere."""

    guid: str
    device_id: str
    device_type: str
    identity: str
    distinguished_name: str
    owner_dn: str
    owner_name: str
    friendly_name: str
    model: str
    os: str
    user_agent: str
    imei: str
    phone_number: str
    client_type: str
    client_version: str
    access_state: str
    access_state_reason: str
    first_sync: datetime | None
    created: datetime | None
    changed: datetime | None
    originating_server: str
    user_display_name: str
    access_control_rule: str = ""
    os_language: str = ""
    mobile_operator: str = ""
    user_domain: str = ""


@dataclass(frozen=True, slots=True)
class WipeTimes:
    """How far a wipe got, in Exchange's own times."""

    requested: datetime | None = None
    sent: datetime | None = None
    acknowledged: datetime | None = None
    requestor: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceStatistics:
    """What the mailbox knows of a device: when it came, which policy it has, how far a wipe got."""

    guid: str
    identity: str
    device_id: str
    first_sync: datetime | None
    last_sync: datetime | None
    last_attempt: datetime | None
    last_policy_update: datetime | None
    status: str
    policy_applied: str
    policy_status: str
    access_state: str
    access_state_reason: str
    remote_wipe_supported: bool | None
    wipe: WipeTimes
    account_only_wipe: WipeTimes
    status_note: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """The organization's ActiveSync settings; their GUID identifies the organization."""

    guid: str
    distinguished_name: str
    default_access_level: str
    admin_mail_recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """An Exchange server."""

    name: str
    fqdn: str
    site: str
    version: str
    roles: tuple[str, ...]
    client_access: bool = False
    mailbox: bool = False
    edge: bool = False


def text(record: Record, *names: str) -> str:
    """The first of these properties that is there and not empty, as text."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "":
            return _plain(name, value)
    return ""


def _plain(name: str, value: object) -> str:
    """Never a list or an object as text: it may repeat others without end, and means something else than expected."""
    if isinstance(value, (list, dict)):
        raise Malformed(f"the property {name} is no single value")
    return str(value)


def texts(record: Record, name: str) -> tuple[str, ...]:
    """A multi-valued property; a single value counts as one."""
    value = record.get(name)
    if isinstance(value, (list, tuple)):
        return tuple(_plain(name, item) for item in value if item is not None)
    return (_plain(name, value),) if value not in (None, "") else ()


def moment(record: Record, name: str) -> datetime | None:
    """A time; the calendar's first year means never."""
    value = record.get(name)
    return value if isinstance(value, datetime) and value.year > 1 else None


def flag(record: Record, name: str) -> bool | None:
    value = record.get(name)
    return value if isinstance(value, bool) else None


def guid(record: Record, what: str) -> str:
    """The object's GUID: without it an object can not be told from others."""
    value = text(record, "Guid", "ObjectGuid")
    if not value:
        raise NoGuid(f"{what} without a Guid")
    return value.lower()


def name_of(record: Record) -> str:
    """What the object is called, for a person; empty where nothing says so."""
    values = (record.get(name) for name in ("Identity", "DistinguishedName", "Name"))
    return next((value for value in values if isinstance(value, str) and value), "")[:256]


def parse_device(record: Record) -> Device:
    name = text(record, "DistinguishedName")
    owner = owner_dn(name)
    return Device(
        guid=guid(record, "a device"),
        device_id=text(record, "DeviceId"),
        device_type=text(record, "DeviceType"),
        identity=text(record, "Identity"),
        distinguished_name=name,
        owner_dn=owner,
        owner_name=common_name(owner),
        friendly_name=text(record, "FriendlyName"),
        model=text(record, "DeviceModel"),
        os=text(record, "DeviceOS"),
        user_agent=text(record, "DeviceUserAgent"),
        imei=text(record, "DeviceImei"),
        phone_number=text(record, "DeviceTelephoneNumber"),
        client_type=text(record, "ClientType"),
        client_version=text(record, "ClientVersion"),
        access_state=text(record, "DeviceAccessState"),
        access_state_reason=text(record, "DeviceAccessStateReason"),
        first_sync=moment(record, "FirstSyncTime"),
        created=moment(record, "WhenCreatedUTC"),
        changed=moment(record, "WhenChangedUTC"),
        originating_server=text(record, "OriginatingServer"),
        user_display_name=text(record, "UserDisplayName"),
        access_control_rule=text(record, "DeviceAccessControlRule"),
        os_language=text(record, "DeviceOSLanguage"),
        mobile_operator=text(record, "DeviceMobileOperator"),
        user_domain=domain_of(owner),
    )


def _wipe(record: Record, prefix: str, requestor: str) -> WipeTimes:
    return WipeTimes(
        requested=moment(record, f"{prefix}RequestTime"),
        sent=moment(record, f"{prefix}SentTime"),
        acknowledged=moment(record, f"{prefix}AckTime"),
        requestor=text(record, requestor) or None,
    )


def parse_statistics(record: Record) -> DeviceStatistics:
    return DeviceStatistics(
        guid=guid(record, "device statistics"),
        identity=text(record, "Identity"),
        device_id=text(record, "DeviceId"),
        first_sync=moment(record, "FirstSyncTime"),
        last_sync=moment(record, "LastSuccessSync"),
        last_attempt=moment(record, "LastSyncAttemptTime"),
        last_policy_update=moment(record, "LastPolicyUpdateTime"),
        status=text(record, "Status"),
        policy_applied=text(record, "DevicePolicyApplied"),
        policy_status=text(record, "DevicePolicyApplicationStatus"),
        access_state=text(record, "DeviceAccessState"),
        access_state_reason=text(record, "DeviceAccessStateReason"),
        remote_wipe_supported=flag(record, "IsRemoteWipeSupported"),
        wipe=_wipe(record, "DeviceWipe", "LastDeviceWipeRequestor"),
        account_only_wipe=_wipe(record, "AccountOnlyDeviceWipe", "LastAccountOnlyDeviceWipeRequestor"),
        status_note=text(record, "StatusNote"),
    )


def parse_organization(record: Record) -> OrganizationSettings:
    return OrganizationSettings(
        guid=guid(record, "the organization settings"),
        distinguished_name=text(record, "DistinguishedName"),
        default_access_level=text(record, "DefaultAccessLevel"),
        admin_mail_recipients=texts(record, "AdminMailRecipients"),
    )


def parse_server(record: Record) -> Server:
    roles = tuple(role.strip() for role in text(record, "ServerRole").split(",") if role.strip())
    return Server(
        name=text(record, "Name"),
        fqdn=text(record, "Fqdn"),
        site=last_part(text(record, "Site")),
        version=text(record, "AdminDisplayVersion"),
        roles=roles,
        client_access=_has_role(record, "IsClientAccessServer", roles, "ClientAccess"),
        mailbox=_has_role(record, "IsMailboxServer", roles, "Mailbox"),
        edge=_has_role(record, "IsEdgeServer", roles, "Edge"),
    )


def _has_role(record: Record, name: str, roles: tuple[str, ...], role: str) -> bool:
    """The flag of that name; where it is not shown, what the list of roles says."""
    shown = flag(record, name)
    return role in roles if shown is None else shown
