# exconn, connector contoso
# The action account, not armed: it reads, and changes nothing in Exchange.
# Account: CONTOSO\exconn-actions
# For Exchange 2013, 2016, 2019 and SE.
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
Assert-Entries 'View-Only Configuration' @(
    'Get-ActiveSyncDeviceAccessRule', 'Get-ActiveSyncMailboxPolicy',
    'Get-ActiveSyncOrganizationSettings', 'Get-ExchangeServer',
    'Get-MobileDeviceMailboxPolicy', 'Set-ADServerSettings')
Assert-Entries 'View-Only Recipients' @(
    'Get-ActiveSyncDevice', 'Get-ActiveSyncDeviceStatistics', 'Get-CASMailbox',
    'Get-Mailbox', 'Get-MobileDevice', 'Get-MobileDeviceStatistics', 'Get-Recipient',
    'Get-User')

# From the built-in role View-Only Configuration.
New-ManagementRole -Name 'exconn contoso actions VOC' -Parent 'View-Only Configuration'
Remove-OtherEntries 'exconn contoso actions VOC' @(
    'Get-ActiveSyncDeviceAccessRule', 'Get-ActiveSyncMailboxPolicy',
    'Get-ActiveSyncOrganizationSettings', 'Get-ExchangeServer',
    'Get-MobileDeviceMailboxPolicy', 'Set-ADServerSettings')
Limit-Entry 'exconn contoso actions VOC' 'Set-ADServerSettings' @('ViewEntireForest')

# From the built-in role View-Only Recipients.
New-ManagementRole -Name 'exconn contoso actions VOR' -Parent 'View-Only Recipients'
Remove-OtherEntries 'exconn contoso actions VOR' @(
    'Get-ActiveSyncDevice', 'Get-ActiveSyncDeviceStatistics', 'Get-CASMailbox',
    'Get-Mailbox', 'Get-MobileDevice', 'Get-MobileDeviceStatistics', 'Get-Recipient',
    'Get-User')
Limit-Entry 'exconn contoso actions VOR' 'Get-ActiveSyncDeviceStatistics' @('DomainController', 'Identity', 'Mailbox')
Limit-Entry 'exconn contoso actions VOR' 'Get-MobileDeviceStatistics' @(
    'ActiveSync', 'DomainController', 'Identity', 'Mailbox', 'OWAforDevices', 'RestApi',
    'UniversalOutlook', 'UseCustomRouting')

# The account gets these roles, and nothing else from this script.
New-RoleGroup -Name 'exconn contoso actions' -Members 'CONTOSO\exconn-actions' -Roles @('exconn contoso actions VOC', 'exconn contoso actions VOR')

Set-User 'CONTOSO\exconn-actions' -RemotePowerShellEnabled $true
