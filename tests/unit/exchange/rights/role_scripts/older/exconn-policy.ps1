# exconn, connector contoso
# The policy account reads, and writes policies, access rules and the organization's ActiveSync settings.
# Account: CONTOSO\exconn-policy
# For Exchange 2010.
#
# Read it before you run it, in the Exchange Management Shell, with an account that may manage roles.
# exconn-undo.ps1 takes it back.

$ErrorActionPreference = 'Stop'

# Kept with every entry: they change how a cmdlet speaks, not what it does.
$common = @('Confirm', 'Debug', 'DomainController', 'ErrorAction', 'ErrorVariable', 'OutBuffer', 'OutVariable',
    'Verbose', 'WarningAction', 'WarningVariable', 'WhatIf')

function Assert-Entries([string]$Parent, [string[]]$Cmdlets) {
    $there = @(Get-ManagementRoleEntry "$Parent\*" | ForEach-Object { $_.Name })
    foreach ($cmdlet in $Cmdlets) {
        if ($there -notcontains $cmdlet) {
            throw "Role '$Parent' has no entry $cmdlet. Roles that have it: Get-ManagementRoleEntry '*\$cmdlet'"
        }
    }
}

function Remove-OtherEntries([string]$Role, [string[]]$Keep) {
    Get-ManagementRoleEntry "$Role\*" | Where-Object { $Keep -notcontains $_.Name } |
        ForEach-Object { Remove-ManagementRoleEntry "$Role\$($_.Name)" -Confirm:$false }
}

function Limit-Entry([string]$Role, [string]$Cmdlet, [string[]]$Keep) {
    $wanted = $Keep + $common
    $entry = Get-ManagementRoleEntry "$Role\$Cmdlet"
    Set-ManagementRoleEntry "$Role\$Cmdlet" -Parameters @($entry.Parameters | Where-Object { $wanted -contains $_ })
}

# Nothing is made unless every entry is where it is expected.
Assert-Entries 'Mail Recipients' @('Set-CASMailbox')
Assert-Entries 'Organization Client Access' @(
    'New-ActiveSyncDeviceAccessRule', 'Remove-ActiveSyncDeviceAccessRule',
    'Set-ActiveSyncDeviceAccessRule', 'Set-ActiveSyncOrganizationSettings')
Assert-Entries 'Recipient Policies' @('New-ActiveSyncMailboxPolicy', 'Set-ActiveSyncMailboxPolicy')
Assert-Entries 'View-Only Configuration' @(
    'Get-ActiveSyncDeviceAccessRule', 'Get-ActiveSyncMailboxPolicy',
    'Get-ActiveSyncOrganizationSettings', 'Get-ExchangeServer', 'Set-ADServerSettings')
Assert-Entries 'View-Only Recipients' @(
    'Get-ActiveSyncDevice', 'Get-ActiveSyncDeviceStatistics', 'Get-CASMailbox',
    'Get-Mailbox', 'Get-Recipient', 'Get-User')

# From the built-in role Mail Recipients.
New-ManagementRole -Name 'exconn contoso policy MR' -Parent 'Mail Recipients'
Remove-OtherEntries 'exconn contoso policy MR' @('Set-CASMailbox')
Limit-Entry 'exconn contoso policy MR' 'Set-CASMailbox' @('ActiveSyncMailboxPolicy', 'Identity')

# From the built-in role Organization Client Access.
New-ManagementRole -Name 'exconn contoso policy OCA' -Parent 'Organization Client Access'
Remove-OtherEntries 'exconn contoso policy OCA' @(
    'New-ActiveSyncDeviceAccessRule', 'Remove-ActiveSyncDeviceAccessRule',
    'Set-ActiveSyncDeviceAccessRule', 'Set-ActiveSyncOrganizationSettings')
Limit-Entry 'exconn contoso policy OCA' 'New-ActiveSyncDeviceAccessRule' @('AccessLevel', 'Characteristic', 'QueryString')
Limit-Entry 'exconn contoso policy OCA' 'Remove-ActiveSyncDeviceAccessRule' @('Identity')
Limit-Entry 'exconn contoso policy OCA' 'Set-ActiveSyncDeviceAccessRule' @('AccessLevel', 'Identity')
Limit-Entry 'exconn contoso policy OCA' 'Set-ActiveSyncOrganizationSettings' @('AdminMailRecipients', 'DefaultAccessLevel', 'Identity', 'UserMailInsert')

# From the built-in role Recipient Policies.
New-ManagementRole -Name 'exconn contoso policy RP' -Parent 'Recipient Policies'
Remove-OtherEntries 'exconn contoso policy RP' @('New-ActiveSyncMailboxPolicy', 'Set-ActiveSyncMailboxPolicy')
Limit-Entry 'exconn contoso policy RP' 'New-ActiveSyncMailboxPolicy' @(
    'Name', 'AllowApplePushNotifications', 'AllowBluetooth', 'AllowBrowser', 'AllowCamera',
    'AllowConsumerEmail', 'AllowDesktopSync', 'AllowExternalDeviceManagement',
    'AllowHTMLEmail', 'AllowInternetSharing', 'AllowIrDA', 'AllowMobileOTAUpdate',
    'AllowNonProvisionableDevices', 'AllowPOPIMAPEmail', 'AllowRemoteDesktop',
    'AllowSMIMEEncryptionAlgorithmNegotiation', 'AllowSMIMESoftCerts',
    'AllowSimpleDevicePassword', 'AllowStorageCard', 'AllowTextMessaging',
    'AllowUnsignedApplications', 'AllowUnsignedInstallationPackages', 'AllowWiFi',
    'AlphanumericDevicePasswordRequired', 'ApprovedApplicationList', 'AttachmentsEnabled',
    'DeviceEncryptionEnabled', 'DevicePasswordEnabled', 'DevicePasswordExpiration',
    'DevicePasswordHistory', 'DevicePolicyRefreshInterval', 'IrmEnabled',
    'MaxAttachmentSize', 'MaxCalendarAgeFilter', 'MaxDevicePasswordFailedAttempts',
    'MaxEmailAgeFilter', 'MaxEmailBodyTruncationSize', 'MaxEmailHTMLBodyTruncationSize',
    'MaxInactivityTimeDeviceLock', 'MinDevicePasswordComplexCharacters',
    'MinDevicePasswordLength', 'PasswordRecoveryEnabled', 'RequireDeviceEncryption',
    'RequireEncryptedSMIMEMessages', 'RequireEncryptionSMIMEAlgorithm',
    'RequireManualSyncWhenRoaming', 'RequireSignedSMIMEAlgorithm',
    'RequireSignedSMIMEMessages', 'RequireStorageCardEncryption', 'UNCAccessEnabled',
    'UnapprovedInROMApplicationList', 'WSSAccessEnabled')
Limit-Entry 'exconn contoso policy RP' 'Set-ActiveSyncMailboxPolicy' @(
    'Identity', 'AllowApplePushNotifications', 'AllowBluetooth', 'AllowBrowser',
    'AllowCamera', 'AllowConsumerEmail', 'AllowDesktopSync', 'AllowExternalDeviceManagement',
    'AllowHTMLEmail', 'AllowInternetSharing', 'AllowIrDA', 'AllowMobileOTAUpdate',
    'AllowNonProvisionableDevices', 'AllowPOPIMAPEmail', 'AllowRemoteDesktop',
    'AllowSMIMEEncryptionAlgorithmNegotiation', 'AllowSMIMESoftCerts',
    'AllowSimpleDevicePassword', 'AllowStorageCard', 'AllowTextMessaging',
    'AllowUnsignedApplications', 'AllowUnsignedInstallationPackages', 'AllowWiFi',
    'AlphanumericDevicePasswordRequired', 'ApprovedApplicationList', 'AttachmentsEnabled',
    'DeviceEncryptionEnabled', 'DevicePasswordEnabled', 'DevicePasswordExpiration',
    'DevicePasswordHistory', 'DevicePolicyRefreshInterval', 'IrmEnabled',
    'MaxAttachmentSize', 'MaxCalendarAgeFilter', 'MaxDevicePasswordFailedAttempts',
    'MaxEmailAgeFilter', 'MaxEmailBodyTruncationSize', 'MaxEmailHTMLBodyTruncationSize',
    'MaxInactivityTimeDeviceLock', 'MinDevicePasswordComplexCharacters',
    'MinDevicePasswordLength', 'PasswordRecoveryEnabled', 'RequireDeviceEncryption',
    'RequireEncryptedSMIMEMessages', 'RequireEncryptionSMIMEAlgorithm',
    'RequireManualSyncWhenRoaming', 'RequireSignedSMIMEAlgorithm',
    'RequireSignedSMIMEMessages', 'RequireStorageCardEncryption', 'UNCAccessEnabled',
    'UnapprovedInROMApplicationList', 'WSSAccessEnabled')

# From the built-in role View-Only Configuration.
New-ManagementRole -Name 'exconn contoso policy VOC' -Parent 'View-Only Configuration'
Remove-OtherEntries 'exconn contoso policy VOC' @(
    'Get-ActiveSyncDeviceAccessRule', 'Get-ActiveSyncMailboxPolicy',
    'Get-ActiveSyncOrganizationSettings', 'Get-ExchangeServer', 'Set-ADServerSettings')
Limit-Entry 'exconn contoso policy VOC' 'Set-ADServerSettings' @('ViewEntireForest')

# From the built-in role View-Only Recipients.
New-ManagementRole -Name 'exconn contoso policy VOR' -Parent 'View-Only Recipients'
Remove-OtherEntries 'exconn contoso policy VOR' @(
    'Get-ActiveSyncDevice', 'Get-ActiveSyncDeviceStatistics', 'Get-CASMailbox',
    'Get-Mailbox', 'Get-Recipient', 'Get-User')
Limit-Entry 'exconn contoso policy VOR' 'Get-ActiveSyncDeviceStatistics' @('DomainController', 'Identity', 'Mailbox')

# The account gets these roles, and nothing else from this script.
New-RoleGroup -Name 'exconn contoso policy' -Members 'CONTOSO\exconn-policy' -Roles @(
    'exconn contoso policy MR', 'exconn contoso policy OCA', 'exconn contoso policy RP',
    'exconn contoso policy VOC', 'exconn contoso policy VOR')

Set-User 'CONTOSO\exconn-policy' -RemotePowerShellEnabled $true
