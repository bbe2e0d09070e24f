"""A partnership as Get-MobileDevice and Get-ActiveSyncDevice show it."""

from functools import cache

from exconn.simulator.organization.access import REASON_NUMBERS, STATE_NUMBERS, Access
from exconn.simulator.organization.directory import Partnership
from exconn.simulator.protocol.clixml import Writer, escape, local_text, utc_text
from exconn.simulator.shapes.identity import (
    CONFIGURATION,
    CONFIGURATION_CHAIN,
    ZONE,
    originating_server,
    utc_seconds,
    write_directory_dates,
    write_object_class,
    write_own_id,
    write_tail,
    write_version,
)
from exconn.simulator.shapes.template import ResultTemplate, enum_hole, hole, optional_string, string_holes
from exconn.simulator.shapes.versions import VERSION, has_client_types

_MOBILE = (f"{CONFIGURATION}.MobileDevice", *CONFIGURATION_CHAIN)
_ACTIVE_SYNC = (f"{CONFIGURATION}.ActiveSyncDevice", *_MOBILE)
STATE_TYPE = f"{CONFIGURATION}.DeviceAccessState"
REASON_TYPE = f"{CONFIGURATION}.DeviceAccessStateReason"
CLIENT_TYPE = f"{CONFIGURATION}.MobileClientType"
#: The names are known, the numbers are not.
CLIENT_NUMBERS = {"EAS": 0, "MOWA": 1, "REST": 2, "Outlook": 3, "UniversalOutlook": 4}


@cache
def _template(mobile: bool, controller: str, _version: str) -> ResultTemplate:
    """The text names a domain controller, and has what the version has."""
    types = _MOBILE if mobile else _ACTIVE_SYNC

    def write(writer: Writer) -> None:
        with writer.obj(None, types, hole("Name")), writer.element("Props"):
            _write_own(writer)
            writer.scalar("S", "Name", hole("Name"))
            writer.scalar("S", "DistinguishedName", hole("Dn"))
            ref = write_own_id(writer)
            writer.scalar("G", "Guid", hole("Guid"))
            write_object_class(writer, "ms-Exch-Active-Sync-Device", ("top", "msExchActiveSyncDevice"))
            write_directory_dates(writer, hole("Changed"), hole("Created"), hole("ChangedUtc"), hole("CreatedUtc"))
            write_tail(writer, ref, controller)

    return ResultTemplate(write)


#: What every phone with a telephone reports.
MOBILE_OPERATOR = "Example Mobile"
OS_LANGUAGE = "en"


def _write_own(writer: Writer) -> None:
    string_holes(writer, ("FriendlyName",))
    writer.raw(hole("DeviceId"))
    writer.raw(hole("DeviceImei"))
    writer.raw(hole("DeviceMobileOperator"))
    string_holes(writer, ("DeviceOS",))
    writer.string("DeviceOSLanguage", OS_LANGUAGE)
    writer.raw(hole("DeviceTelephoneNumber"))
    string_holes(writer, ("DeviceType", "DeviceUserAgent", "DeviceModel"))
    writer.scalar("DT", "FirstSyncTime", hole("FirstSyncTime"))
    string_holes(writer, ("UserDisplayName",))
    enum_hole(writer, "DeviceAccessState", STATE_TYPE)
    enum_hole(writer, "DeviceAccessStateReason", REASON_TYPE)
    writer.raw(hole("DeviceAccessControlRule"))
    writer.raw(hole("DeviceActiveSyncVersion"))
    writer.string("AdminDisplayName", "")
    write_version(writer)
    if has_client_types():
        string_holes(writer, ("ClientVersion",))
        enum_hole(writer, "ClientType", CLIENT_TYPE)
    writer.int32("ProvisioningFlags", 0)


def name_texts(device: Partnership) -> dict[str, str]:
    """What an object is called; only the name of a conflict object needs escaping."""
    name, identity = device.name, device.identity
    if device.is_conflict:
        name, identity = escape(name), escape(identity)
    return {"Name": name, "Dn": device.dn, "Identity": identity, "Domain": device.owner.domain.name}


def device_text(device: Partnership, access: Access, *, mobile: bool) -> str:
    """One device; its other texts are made by us and need no escaping."""
    model = device.model
    eas = model.client_type == "EAS"
    created, created_utc = local_text(device.created, ZONE), utc_seconds(device.created)
    unchanged = device.changed is device.created
    return _template(mobile, originating_server(device.owner.domain), VERSION.get()).fill(
        {
            "FriendlyName": device.given_name or model.friendly_name,
            "DeviceId": optional_string("DeviceId", device.device_id if device.shows_id else None),
            "DeviceImei": optional_string("DeviceImei", device.imei),
            "DeviceMobileOperator": optional_string("DeviceMobileOperator", MOBILE_OPERATOR if device.imei else None),
            "DeviceOS": model.os,
            "DeviceTelephoneNumber": optional_string("DeviceTelephoneNumber", device.phone_number),
            "DeviceType": model.type,
            "DeviceUserAgent": model.user_agent,
            "DeviceModel": model.model,
            "FirstSyncTime": utc_text(device.first_sync),
            "UserDisplayName": device.owner.canonical,
            "DeviceAccessState": access.state,
            "DeviceAccessState#": str(STATE_NUMBERS[access.state]),
            "DeviceAccessStateReason": access.reason,
            "DeviceAccessStateReason#": str(REASON_NUMBERS[access.reason]),
            "DeviceAccessControlRule": optional_string("DeviceAccessControlRule", access.rule),
            "ClientVersion": model.client_version,
            "DeviceActiveSyncVersion": optional_string(
                "DeviceActiveSyncVersion", model.client_version if eas else None
            ),
            "ClientType": model.client_type,
            "ClientType#": str(CLIENT_NUMBERS[model.client_type]),
            **name_texts(device),
            "Guid": device.guid,
            "Changed": created if unchanged else local_text(device.changed, ZONE),
            "Created": created,
            "ChangedUtc": created_utc if unchanged else utc_seconds(device.changed),
            "CreatedUtc": created_utc,
        }
    )
