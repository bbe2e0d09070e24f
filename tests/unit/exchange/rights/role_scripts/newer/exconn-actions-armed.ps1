# exconn, connector contoso
# The action account, armed: what device actions send. Run it right before arming.
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
Assert-Entries 'Mail Recipients' @('Set-CASMailbox')
Assert-Entries 'User Options' @(
    'Clear-ActiveSyncDevice', 'Clear-MobileDevice', 'Remove-ActiveSyncDevice',
    'Remove-MobileDevice')

# From the built-in role Mail Recipients.
New-ManagementRole -Name 'exconn contoso actions armed MR' -Parent 'Mail Recipients'
Remove-OtherEntries 'exconn contoso actions armed MR' @('Set-CASMailbox')
Limit-Entry 'exconn contoso actions armed MR' 'Set-CASMailbox' @('ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs', 'Identity')

# From the built-in role User Options.
New-ManagementRole -Name 'exconn contoso actions armed UO' -Parent 'User Options'
Remove-OtherEntries 'exconn contoso actions armed UO' @(
    'Clear-ActiveSyncDevice', 'Clear-MobileDevice', 'Remove-ActiveSyncDevice',
    'Remove-MobileDevice')
Limit-Entry 'exconn contoso actions armed UO' 'Clear-ActiveSyncDevice' @('Cancel', 'Identity')
Limit-Entry 'exconn contoso actions armed UO' 'Clear-MobileDevice' @('Cancel', 'Identity')
Limit-Entry 'exconn contoso actions armed UO' 'Remove-ActiveSyncDevice' @('Identity')
Limit-Entry 'exconn contoso actions armed UO' 'Remove-MobileDevice' @('Identity')

# The account gets these roles, and nothing else from this script.
New-RoleGroup -Name 'exconn contoso actions armed' -Members 'CONTOSO\exconn-actions' -Roles @('exconn contoso actions armed MR', 'exconn contoso actions armed UO')

Set-User 'CONTOSO\exconn-actions' -RemotePowerShellEnabled $true
