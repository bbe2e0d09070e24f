"""A partnership as the statistics cmdlets show it: the part that lives in the mailbox."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from exconn.simulator.organization.access import REASON_NUMBERS, STATE_NUMBERS, Access
from exconn.simulator.organization.directory import Partnership, PendingWipe
from exconn.simulator.protocol.clixml import OBJECT, Writer, escape, utc_text
from exconn.simulator.shapes.device import CLIENT_NUMBERS, CLIENT_TYPE, REASON_TYPE, STATE_TYPE, name_texts
from exconn.simulator.shapes.identity import write_own_id
from exconn.simulator.shapes.template import (
    ResultTemplate,
    enum_hole,
    hole,
    optional_date,
    optional_string,
    string_holes,
)
from exconn.simulator.shapes.versions import VERSION, has_account_only_wipes, has_client_types

#: The type's name is recalled, not confirmed; clients do not look at it.
_TYPES = ("Microsoft.Exchange.Data.Storage.Management.MobileDeviceConfiguration", OBJECT)
_STATUS_TYPE = "Microsoft.Exchange.Data.Storage.Management.DeviceRemoteWipeStatus"
_POLICY_STATUS_TYPE = "Microsoft.Exchange.Data.Storage.Management.DevicePolicyApplicationStatus"
#: The states are known, their spelling is recalled, their numbers are not known.
STATUS_NUMBERS = {
    "DeviceOk": 1,
    "DeviceBlocked": 2,
    "DeviceWipePending": 3,
    "DeviceWipeSucceeded": 4,
    "AccountOnlyDeviceWipePending": 5,
    "AccountOnlyDeviceWipeSucceeded": 6,
}


@dataclass(frozen=True, slots=True)
class Contact:
    """When the phone was last there, and what holds for it now."""

    last: datetime
    wipe: PendingWipe
    account_only: PendingWipe
    access: Access
    policy: str
    #: Erased and not set up again since.
    wiped: bool

    @property
    def status(self) -> str:
        """The state of the partnership."""
        for wipe, prefix in ((self.wipe, "DeviceWipe"), (self.account_only, "AccountOnlyDeviceWipe")):
            if wipe.pending:
                return f"{prefix}Pending"
            if wipe.acknowledged is not None and self.wiped:
                return f"{prefix}Succeeded"
        return "DeviceBlocked" if self.access.state == "Blocked" else "DeviceOk"


@cache
def _template(_version: str) -> ResultTemplate:
    def write(writer: Writer) -> None:
        with writer.obj(None, _TYPES, hole("Identity")), writer.element("Props"):
            _write_contact(writer)
            _write_device(writer)
            _write_wipes(writer)
            enum_hole(writer, "Status", _STATUS_TYPE)
            writer.string("StatusNote", "")
            enum_hole(writer, "DeviceAccessState", STATE_TYPE)
            enum_hole(writer, "DeviceAccessStateReason", REASON_TYPE)
            writer.raw(hole("DeviceAccessControlRule"))
            string_holes(writer, ("DevicePolicyApplied",))
            enum_hole(writer, "DevicePolicyApplicationStatus", _POLICY_STATUS_TYPE)
            writer.raw(hole("LastDeviceWipeRequestor"))
            if has_account_only_wipes():
                writer.raw(hole("LastAccountOnlyDeviceWipeRequestor"))
            if has_client_types():
                string_holes(writer, ("ClientVersion",))
            writer.int32("NumberOfFoldersSynced", 12)
            writer.nil("SyncStateUpgradeTime")
            if has_client_types():
                enum_hole(writer, "ClientType", CLIENT_TYPE)
            writer.boolean("IsValid", value=True)
            writer.enum("ObjectState", "Microsoft.Exchange.Data.ObjectState", "New", 0)

    return ResultTemplate(write)


def _write_contact(writer: Writer) -> None:
    writer.scalar("DT", "FirstSyncTime", hole("FirstSyncTime"))
    writer.raw(hole("LastPolicyUpdateTime"))
    writer.raw(hole("LastSyncAttemptTime"))
    writer.raw(hole("LastSuccessSync"))


def _write_device(writer: Writer) -> None:
    string_holes(writer, ("DeviceType", "DeviceId", "DeviceUserAgent"))
    string_holes(writer, ("DeviceModel",))
    writer.raw(hole("DeviceImei"))
    string_holes(writer, ("DeviceFriendlyName", "DeviceOS"))
    writer.string("DeviceOSLanguage", "en")
    writer.raw(hole("DevicePhoneNumber"))
    writer.string("MailboxLogReport", None)
    writer.boolean("DeviceEnableOutboundSMS", value=False)
    writer.raw(hole("DeviceMobileOperator"))
    write_own_id(writer)
    writer.scalar("G", "Guid", hole("Guid"))
    writer.boolean("IsRemoteWipeSupported", value=True)
    writer.string("RecoveryPassword", "********")
    writer.int32("LastPingHeartbeat", 480)


def _write_wipes(writer: Writer) -> None:
    account_only = _wipe_names("AccountOnlyDeviceWipe") if has_account_only_wipes() else ()
    for name in (*_wipe_names("DeviceWipe"), *account_only):
        writer.raw(hole(name))


def _wipe_names(prefix: str) -> tuple[str, str, str]:
    return (f"{prefix}SentTime", f"{prefix}RequestTime", f"{prefix}AckTime")


def _date(name: str, moment: datetime | None) -> str:
    return optional_date(name, None if moment is None else utc_text(moment))


def _requestor(name: str, wipe: PendingWipe) -> str:
    return optional_string(name, None if wipe.requestor is None else escape(wipe.requestor))


def _wipe_texts(prefix: str, wipe: PendingWipe) -> dict[str, str]:
    moments = (wipe.sent, wipe.requested, wipe.acknowledged)
    return {name: _date(name, moment) for name, moment in zip(_wipe_names(prefix), moments, strict=True)}


def statistics_text(device: Partnership, contact: Contact) -> str:
    """One device's statistics."""
    model = device.model
    access = contact.access
    blocked = access.state == "Blocked"
    policy_status = "AppliedInFull" if device.enforces and not blocked else "NotApplied"
    return _template(VERSION.get()).fill(
        {
            "FirstSyncTime": utc_text(device.first_sync),
            "LastPolicyUpdateTime": _date("LastPolicyUpdateTime", device.first_sync),
            "LastSyncAttemptTime": _date("LastSyncAttemptTime", contact.last),
            "LastSuccessSync": _date("LastSuccessSync", device.first_sync if blocked else contact.last),
            "DeviceType": model.type,
            "DeviceId": device.device_id,
            "DeviceUserAgent": model.user_agent,
            "DeviceModel": model.model,
            "DeviceImei": optional_string("DeviceImei", device.imei),
            "DeviceFriendlyName": device.given_name or model.friendly_name,
            "DeviceOS": model.os,
            "DevicePhoneNumber": optional_string("DevicePhoneNumber", device.phone_number),
            "DeviceMobileOperator": optional_string("DeviceMobileOperator", "Example Mobile" if device.imei else None),
            **name_texts(device),
            "Guid": device.guid,
            **_wipe_texts("DeviceWipe", contact.wipe),
            **_wipe_texts("AccountOnlyDeviceWipe", contact.account_only),
            "Status": contact.status,
            "Status#": str(STATUS_NUMBERS[contact.status]),
            "DeviceAccessState": access.state,
            "DeviceAccessState#": str(STATE_NUMBERS[access.state]),
            "DeviceAccessStateReason": access.reason,
            "DeviceAccessStateReason#": str(REASON_NUMBERS[access.reason]),
            "DeviceAccessControlRule": optional_string("DeviceAccessControlRule", access.rule),
            "DevicePolicyApplied": contact.policy,
            "DevicePolicyApplicationStatus": policy_status,
            "DevicePolicyApplicationStatus#": "2" if policy_status == "AppliedInFull" else "1",
            "LastDeviceWipeRequestor": _requestor("LastDeviceWipeRequestor", contact.wipe),
            "LastAccountOnlyDeviceWipeRequestor": _requestor(
                "LastAccountOnlyDeviceWipeRequestor", contact.account_only
            ),
            "ClientVersion": model.client_version,
            "ClientType": model.client_type,
            "ClientType#": str(CLIENT_NUMBERS[model.client_type]),
        }
    )
