"""Properties by which mailboxes and users can be filtered; those of device cmdlets are in the table.

From Microsoft's page "Filterable properties for the Filter parameter on Exchange cmdlets", which says for each
property on which cmdlets it works; only what concerns devices and their owners is kept here.
"""

from collections.abc import Mapping
from types import MappingProxyType

_EVERYWHERE = frozenset(
    {"DisplayName", "DistinguishedName", "Guid", "Id", "Name", "SamAccountName", "WhenChanged", "WhenCreated"}
)
_SERVED = frozenset({"EmailAddresses", "ServerLegacyDN", "ServerName"})
_PERSON = frozenset({"Department", "FirstName", "Office", "Title"})
_CAS_MAILBOX = frozenset(
    {
        "ActiveSyncAllowedDeviceIDs",
        "ActiveSyncBlockedDeviceIDs",
        "ActiveSyncEnabled",
        "ActiveSyncMailboxPolicy",
        "ActiveSyncSuppressReadReceipt",
        "EwsEnabled",
        "HasActiveSyncDevicePartnership",
        "ImapEnabled",
        "OWAforDevicesEnabled",
        "PopEnabled",
    }
)

#: By cmdlet; a cmdlet that is neither here nor filterable by the table takes no filter.
FILTERABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Get-CASMailbox": _EVERYWHERE | _SERVED | _CAS_MAILBOX,
        "Get-Mailbox": _EVERYWHERE
        | _SERVED
        | {"Alias", "ExchangeGuid", "IsLinked", "IsMailboxEnabled", "IsResource", "IsShared", "UserPrincipalName"},
        "Get-Recipient": _EVERYWHERE
        | _SERVED
        | _PERSON
        | {"ActiveSyncMailboxPolicy", "Alias", "ExchangeGuid", "HasActiveSyncDevicePartnership"},
        "Get-User": _EVERYWHERE
        | _PERSON
        | {"IsLinked", "RemotePowerShellEnabled", "UserAccountControl", "UserPrincipalName"},
    }
)
