"""The mailbox policies at the start, and the names that differ between the two cmdlet families."""

from datetime import datetime, timedelta

from exconn.simulator.cmdlets.catalog import Parameter, cmdlet
from exconn.simulator.cmdlets.values import read_timespan
from exconn.simulator.organization.directory import PolicyObject, PolicyValue

#: MobileDevice-family name to ActiveSync-family name, where they differ.
OLD_NAMES = {
    "PasswordEnabled": "DevicePasswordEnabled",
    "AlphanumericPasswordRequired": "AlphanumericDevicePasswordRequired",
    "MinPasswordLength": "MinDevicePasswordLength",
    "MinPasswordComplexCharacters": "MinDevicePasswordComplexCharacters",
    "MaxPasswordFailedAttempts": "MaxDevicePasswordFailedAttempts",
    "MaxInactivityTimeLock": "MaxInactivityTimeDeviceLock",
    "PasswordExpiration": "DevicePasswordExpiration",
    "PasswordHistory": "DevicePasswordHistory",
    "AllowSimplePassword": "AllowSimpleDevicePassword",
}
#: Kept in bytes; what a bare number means is believed.
TRUNCATION_SIZES = frozenset({"MaxEmailBodyTruncationSize", "MaxEmailHTMLBodyTruncationSize"})
NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}
_NOT_VALUES = {"Identity", "Confirm", "WhatIf", "DomainController", "IsDefault", "Name"}

#: A password policy that somebody once loosened, so that taking over the Password group shows drift.
_STARTING_VALUES: dict[str, PolicyValue] = {
    "PasswordEnabled": False,
    "MinPasswordLength": 4,
    "MaxPasswordFailedAttempts": 8,
    "MaxInactivityTimeLock": timedelta(minutes=15),
    "AllowSimplePassword": True,
    "PasswordHistory": 0,
    "UNCAccessEnabled": True,
    "WSSAccessEnabled": True,
    "RequireDeviceEncryption": False,
}


def value_parameters() -> dict[str, Parameter]:
    """The parameters of Set-MobileDeviceMailboxPolicy that are values of a policy."""
    parameters = cmdlet("Set-MobileDeviceMailboxPolicy").parameters
    return {n: p for n, p in parameters.items() if n not in _NOT_VALUES and p.on_premises}


def is_list(parameter: Parameter) -> bool:
    """Whether the value is a list."""
    return parameter.type in ("MultiValuedProperty", "ApprovedApplicationCollection")


def first_policies(now: datetime) -> dict[int, PolicyObject]:
    """The default policy, and a stricter one that nobody has."""
    loose = documented_values() | _STARTING_VALUES
    strict = loose | {"PasswordEnabled": True, "MinPasswordLength": 8, "AlphanumericPasswordRequired": True}
    created = now - timedelta(days=400)
    return {
        1: PolicyObject(1, "Default", is_default=True, values=loose, changed=created),
        2: PolicyObject(2, "Executives", is_default=False, values=strict, changed=created),
    }


def documented_values() -> dict[str, PolicyValue]:
    """What a new policy starts with."""
    return {name: _documented_default(p) for name, p in value_parameters().items()}


def _documented_default(parameter: Parameter) -> PolicyValue:
    text = parameter.default
    if is_list(parameter):
        return []
    if parameter.type == "Boolean":
        return text == "$true"
    if parameter.type == "Int32":
        return int(text) if text and text.isdigit() else None
    if parameter.type == "Unlimited":
        return None if text in (None, "Unlimited") else read_timespan(text)
    return text
