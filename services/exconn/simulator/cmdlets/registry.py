"""Which function stands for which cmdlet."""

from exconn.simulator.cmdlets.audit import search_audit
from exconn.simulator.cmdlets.call import CmdletFunction
from exconn.simulator.cmdlets.devices import clear_device, get_devices, get_statistics, remove_device
from exconn.simulator.cmdlets.mailboxes import (
    get_cas_mailboxes,
    get_mailboxes,
    get_recipients,
    get_users,
    set_cas_mailbox,
)
from exconn.simulator.cmdlets.policies import get_policies, new_policy, remove_policy, set_policy
from exconn.simulator.cmdlets.session import set_ad_server_settings
from exconn.simulator.cmdlets.settings import (
    get_organization_config,
    get_rules,
    get_servers,
    get_settings,
    get_thresholds,
    new_rule,
    remove_rule,
    set_rule,
    set_settings,
    set_threshold,
)

REGISTRY: dict[str, CmdletFunction] = {
    "Clear-ActiveSyncDevice": clear_device,
    "Clear-MobileDevice": clear_device,
    "Get-ActiveSyncDevice": get_devices,
    "Get-ActiveSyncDeviceStatistics": get_statistics,
    "Get-ActiveSyncDeviceAccessRule": get_rules,
    "Get-ActiveSyncDeviceAutoblockThreshold": get_thresholds,
    "Get-ActiveSyncMailboxPolicy": get_policies,
    "Get-ActiveSyncOrganizationSettings": get_settings,
    "Get-CASMailbox": get_cas_mailboxes,
    "Get-ExchangeServer": get_servers,
    "Get-Mailbox": get_mailboxes,
    "Get-MobileDevice": get_devices,
    "Get-MobileDeviceMailboxPolicy": get_policies,
    "Get-MobileDeviceStatistics": get_statistics,
    "Get-OrganizationConfig": get_organization_config,
    "Get-Recipient": get_recipients,
    "Get-User": get_users,
    "New-ActiveSyncDeviceAccessRule": new_rule,
    "New-ActiveSyncMailboxPolicy": new_policy,
    "New-MobileDeviceMailboxPolicy": new_policy,
    "Remove-ActiveSyncDevice": remove_device,
    "Remove-ActiveSyncDeviceAccessRule": remove_rule,
    "Remove-ActiveSyncMailboxPolicy": remove_policy,
    "Remove-MobileDevice": remove_device,
    "Remove-MobileDeviceMailboxPolicy": remove_policy,
    "Search-AdminAuditLog": search_audit,
    "Set-ADServerSettings": set_ad_server_settings,
    "Set-ActiveSyncDeviceAccessRule": set_rule,
    "Set-ActiveSyncDeviceAutoblockThreshold": set_threshold,
    "Set-ActiveSyncMailboxPolicy": set_policy,
    "Set-ActiveSyncOrganizationSettings": set_settings,
    "Set-CASMailbox": set_cas_mailbox,
    "Set-MobileDeviceMailboxPolicy": set_policy,
}
