"""The fixed parts of the role scripts: what they say at the top, and the functions that they use."""

HEADER = """\
# exconn, connector {connector}
# {what}
# Account: {account}
# For {versions}.
#
# Read it before you run it, in the Exchange Management Shell, with an account that may manage roles.
# exconn-undo.ps1 takes it back.

$ErrorActionPreference = 'Stop'

# Kept with every entry: they change how a cmdlet speaks, not what it does.
$common = @('Confirm', 'Debug', 'DomainController', 'ErrorAction', 'ErrorVariable', 'OutBuffer', 'OutVariable',
    'Verbose', 'WarningAction', 'WarningVariable', 'WhatIf')

function Assert-Entries([string]$Parent, [string[]]$Cmdlets) {{
    $there = @(Get-ManagementRoleEntry "$Parent\\*" | ForEach-Object {{ $_.Name }})
    foreach ($cmdlet in $Cmdlets) {{
        if ($there -notcontains $cmdlet) {{
            throw "Role '$Parent' has no entry $cmdlet. Roles that have it: Get-ManagementRoleEntry '*\\$cmdlet'"
        }}
    }}
}}

function Remove-OtherEntries([string]$Role, [string[]]$Keep) {{
    Get-ManagementRoleEntry "$Role\\*" | Where-Object {{ $Keep -notcontains $_.Name }} |
        ForEach-Object {{ Remove-ManagementRoleEntry "$Role\\$($_.Name)" -Confirm:$false }}
}}

function Limit-Entry([string]$Role, [string]$Cmdlet, [string[]]$Keep) {{
    $wanted = $Keep + $common
    $entry = Get-ManagementRoleEntry "$Role\\$Cmdlet"
    Set-ManagementRoleEntry "$Role\\$Cmdlet" -Parameters @($entry.Parameters | Where-Object {{ $wanted -contains $_ }})
}}"""

#: What each script is for, in one line.
WORDS = {
    "discovery": "The discovery account reads, and changes nothing in Exchange.",
    "policy": "The policy account reads, and writes policies, access rules and the organization's ActiveSync settings.",
    "actions": "The action account, not armed: it reads, and changes nothing in Exchange.",
    "actions armed": "The action account, armed: what device actions send. Run it right before arming.",
    "disarmed": "Takes from the action account what exconn-actions-armed.ps1 gave it. Run it after disarming.",
    "undo": "Takes back what the other scripts made. What was not made shows as an error, and the next step follows.",
}

UNDO = """\
# exconn, connector {connector}
# {what}
#
# Exchange asks before each step.
"""

PROTECTED = """\
# exconn, connector {connector}
# Nobody changes, wipes or blocks the direct members of a group but administrators who are named here.
# Group: {group}
#
# An exclusive scope works at once, and for everybody: whoever has no exclusive assignment for these people can not
# change them any more, the help desk included. The assignments below leave it to the role group
# Organization Management. Exchange warns before it makes the scope; read the warning.
# exconn-undo.ps1 takes it back.

$ErrorActionPreference = 'Stop'

New-ManagementScope -Name {scope} -Exclusive `
    -RecipientRestrictionFilter {filter}
New-ManagementRoleAssignment -Name {recipients} -SecurityGroup 'Organization Management' `
    -Role {mail_recipients} -ExclusiveRecipientWriteScope {scope}
New-ManagementRoleAssignment -Name {options} -SecurityGroup 'Organization Management' `
    -Role {user_options} -ExclusiveRecipientWriteScope {scope}
"""
