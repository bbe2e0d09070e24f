"""Which built-in management role of Exchange contains which cmdlet: an example in the remedy for one that is missing.

Assumed: role names and what they contain are recalled. The preflight itself decides by what the session shows; the
role scripts find the role where they run.
"""

from collections.abc import Mapping
from types import MappingProxyType

VIEW_RECIPIENTS = "View-Only Recipients"
VIEW_CONFIGURATION = "View-Only Configuration"
MAIL_RECIPIENTS = "Mail Recipients"
USER_OPTIONS = "User Options"
RECIPIENT_POLICIES = "Recipient Policies"
CLIENT_ACCESS = "Organization Client Access"

#: By the older name of the cmdlet; the newer one is in the same role.
_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "Get-ActiveSyncDevice": VIEW_RECIPIENTS,
        "Get-ActiveSyncDeviceStatistics": VIEW_RECIPIENTS,
        "Get-CASMailbox": VIEW_RECIPIENTS,
        "Get-ActiveSyncMailboxPolicy": VIEW_CONFIGURATION,
        "Get-ActiveSyncOrganizationSettings": VIEW_CONFIGURATION,
        "Get-ExchangeServer": VIEW_CONFIGURATION,
        "Set-ADServerSettings": VIEW_CONFIGURATION,
        "Set-CASMailbox": MAIL_RECIPIENTS,
        "Clear-ActiveSyncDevice": USER_OPTIONS,
        "Set-ActiveSyncMailboxPolicy": RECIPIENT_POLICIES,
    }
)


def role_of(cmdlet: str) -> str:
    """The built-in role to look at for a cmdlet, by its older name."""
    return _ROLES.get(cmdlet, CLIENT_ACCESS)
