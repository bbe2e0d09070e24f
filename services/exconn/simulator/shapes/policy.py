"""Mailbox policies, the ActiveSync settings of the organization, and access rules, as they are shown."""

from datetime import datetime, timedelta

from exconn.simulator.cmdlets.catalog import Parameter
from exconn.simulator.organization.directory import (
    ORGANIZATION,
    ORGANIZATION_DN,
    AccessRule,
    AutoblockThreshold,
    OrganizationObject,
    PolicyObject,
    PolicyValue,
)
from exconn.simulator.organization.policies import OLD_NAMES, TRUNCATION_SIZES, value_parameters
from exconn.simulator.phones.beliefs import TruncationSizes
from exconn.simulator.protocol.clixml import Writer
from exconn.simulator.shapes.identity import (
    CONFIGURATION,
    CONFIGURATION_CHAIN,
    write_object_class,
    write_plain_object,
    write_tail,
    write_version,
)
from exconn.simulator.shapes.versions import has_parameter

_POLICY_CHAIN = (f"{CONFIGURATION}.MailboxPolicy", *CONFIGURATION_CHAIN)
_MOBILE_POLICY = (f"{CONFIGURATION}.MobileMailboxPolicy", *_POLICY_CHAIN)
_ACTIVE_SYNC_POLICY = (f"{CONFIGURATION}.ActiveSyncMailboxPolicy", *_MOBILE_POLICY)
_SETTINGS = (f"{CONFIGURATION}.ActiveSyncOrganizationSettings", *CONFIGURATION_CHAIN)
_RULE = (f"{CONFIGURATION}.ActiveSyncDeviceAccessRule", *CONFIGURATION_CHAIN)
_THRESHOLD = (f"{CONFIGURATION}.ActiveSyncDeviceAutoblockThreshold", *CONFIGURATION_CHAIN)
_BEHAVIOR = f"{CONFIGURATION}.AutoblockThresholdType"
_LEVEL = f"{CONFIGURATION}.DeviceAccessLevel"
_LEVEL_NUMBERS = {"Allow": 0, "Block": 1, "Quarantine": 2}
_CHARACTERISTIC = f"{CONFIGURATION}.DeviceAccessCharacteristic"
_CHARACTERISTICS = ("DeviceType", "DeviceModel", "DeviceOS", "UserAgent", "XMSWLHeader")

_SIZES = {"MaxAttachmentSize"}
_TIMESPANS = {"DevicePolicyRefreshInterval", "MaxInactivityTimeLock", "PasswordExpiration"}


def shown_policy_dn(name: str) -> str:
    """Where a policy lives."""
    return f"CN={name},CN=Mobile Mailbox Policies,{ORGANIZATION_DN}"


def policy_text(
    policy: PolicyObject,
    guid: str,
    created: datetime,
    *,
    mobile: bool,
    sizes: TruncationSizes = TruncationSizes.KILOBYTES,
) -> str:
    """One policy, with the property names of the family that asks."""
    writer = Writer()
    types = _MOBILE_POLICY if mobile else _ACTIVE_SYNC_POLICY
    with writer.obj(None, types, policy.name), writer.element("Props"):
        for name, parameter in value_parameters().items():
            shown = name if mobile else OLD_NAMES.get(name, name)
            if name in TRUNCATION_SIZES:
                _write_truncation_size(writer, shown, policy.values.get(name), sizes)
            else:
                _write_value(writer, shown, parameter, policy.values.get(name))
        if mobile or has_parameter("Set-ActiveSyncMailboxPolicy", "IsDefault"):
            writer.boolean("IsDefault", policy.is_default)
        if not mobile:
            writer.boolean("IsDefaultPolicy", policy.is_default)
        writer.string("AdminDisplayName", "")
        write_version(writer)
        dn = shown_policy_dn(policy.name)
        ref = write_plain_object(
            writer,
            dn=dn,
            shown=policy.name,
            common_name=policy.name,
            guid=guid,
            created=created,
            changed=policy.changed,
        )
        write_object_class(
            writer,
            "ms-Exch-Mobile-Mailbox-Settings",
            ("top", "msExchRecipientTemplate", "msExchMobileMailboxSettings"),
        )
        write_tail(writer, ref)
    return writer.text()


def _write_value(writer: Writer, shown: str, parameter: Parameter, value: PolicyValue) -> None:
    if isinstance(value, list):
        writer.strings(shown, value)
    elif parameter.type == "Unlimited":
        _write_unlimited(writer, shown, parameter.name, value)
    elif isinstance(value, bool):
        writer.boolean(shown, value)
    elif isinstance(value, int):
        writer.int32(shown, value)
    elif value is None:
        writer.nil(shown)
    else:
        number = parameter.accepted.index(str(value)) if str(value) in parameter.accepted else 0
        writer.enum(shown, f"{CONFIGURATION}.{parameter.type}", str(value), number)


def _write_unlimited(writer: Writer, shown: str, name: str, value: PolicyValue) -> None:
    if name in _TIMESPANS:
        span = value if isinstance(value, timedelta) else None
        writer.unlimited(shown, "Microsoft.Exchange.Data.EnhancedTimeSpan", span)
        return
    number = value if isinstance(value, int) else None
    if name in _SIZES:
        text = None if number is None else size_text(number)
        writer.unlimited(shown, "Microsoft.Exchange.Data.ByteQuantifiedSize", text)
    else:
        writer.unlimited(shown, "System.Int32", number)


def _write_truncation_size(writer: Writer, shown: str, value: PolicyValue, sizes: TruncationSizes) -> None:
    number = value if isinstance(value, int) else None
    if sizes is TruncationSizes.BYTES:
        text = None if number is None else size_text(number)
        writer.unlimited(shown, "Microsoft.Exchange.Data.ByteQuantifiedSize", text)
    elif number is not None and sizes is TruncationSizes.KILOBYTES:
        writer.unlimited(shown, "System.Int32", -(-number // 1024))
    else:
        writer.unlimited(shown, "System.Int32", number)


def size_text(size: int) -> str:
    """A size as Exchange shows it: a round unit, and the bytes."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.4g} {unit} ({size:,} bytes)"
    return f"{size} B ({size:,} bytes)"


def settings_text(settings: OrganizationObject, guid: str, created: datetime) -> str:
    """The organization's settings."""
    writer = Writer()
    name = "Mobile Mailbox Settings"
    with writer.obj(None, _SETTINGS, name), writer.element("Props"):
        level = settings.default_access_level
        writer.enum("DefaultAccessLevel", _LEVEL, level, _LEVEL_NUMBERS[level])
        writer.string("UserMailInsert", settings.user_mail_insert)
        if has_parameter("Set-ActiveSyncOrganizationSettings", "AllowAccessForUnSupportedPlatform"):
            writer.boolean("AllowAccessForUnSupportedPlatform", value=True)
        writer.strings("AdminMailRecipients", settings.admin_mail_recipients)
        writer.string("OtaNotificationMailInsert", settings.ota_notification_mail_insert)
        writer.string("AdminDisplayName", "")
        write_version(writer)
        ref = write_plain_object(
            writer,
            dn=f"CN={name},{ORGANIZATION_DN}",
            shown=f"{ORGANIZATION}\\{name}",
            common_name=name,
            guid=guid,
            created=created,
            changed=created,
        )
        write_object_class(
            writer, "ms-Exch-Mobile-Mailbox-Settings", ("top", "msExchContainer", "msExchMobileMailboxSettings")
        )
        write_tail(writer, ref)
    return writer.text()


def threshold_text(threshold: AutoblockThreshold, guid: str, created: datetime) -> str:
    """One autoblock threshold."""
    writer = Writer()
    name = threshold.behavior
    with writer.obj(None, _THRESHOLD, name), writer.element("Props"):
        writer.enum("BehaviorType", _BEHAVIOR, name, threshold.number)
        writer.int32("BehaviorTypeIncidenceLimit", threshold.incidence_limit)
        writer.timespan("BehaviorTypeIncidenceDuration", threshold.incidence_duration)
        writer.timespan("DeviceBlockDuration", threshold.block_duration)
        writer.string("AdminEmailInsert", threshold.admin_email_insert)
        writer.string("AdminDisplayName", "")
        write_version(writer)
        ref = write_plain_object(
            writer,
            dn=f"CN={name},CN=Mobile Mailbox Settings,{ORGANIZATION_DN}",
            shown=name,
            common_name=name,
            guid=guid,
            created=created,
            changed=created,
        )
        write_tail(writer, ref)
    return writer.text()


def rule_text(rule: AccessRule, guid: str, created: datetime) -> str:
    """One access rule."""
    writer = Writer()
    with writer.obj(None, _RULE, rule.name), writer.element("Props"):
        writer.string("QueryString", rule.query)
        number = _CHARACTERISTICS.index(rule.characteristic)
        writer.enum("Characteristic", _CHARACTERISTIC, rule.characteristic, number)
        writer.enum("AccessLevel", _LEVEL, rule.level, _LEVEL_NUMBERS[rule.level])
        writer.string("AdminDisplayName", "")
        write_version(writer)
        ref = write_plain_object(
            writer,
            dn=f"CN={rule.name},CN=Mobile Mailbox Settings,{ORGANIZATION_DN}",
            shown=rule.name,
            common_name=rule.name,
            guid=guid,
            created=created,
            changed=created,
        )
        write_object_class(writer, "ms-Exch-Device-Access-Rule", ("top", "msExchDeviceAccessRule"))
        write_tail(writer, ref)
    return writer.text()
