# exconn, connector contoso
# Nobody changes, wipes or blocks the direct members of a group but administrators who are named here.
# Group: CN=Board,OU=O'Neill,DC=contoso,DC=example
#
# An exclusive scope works at once, and for everybody: whoever has no exclusive assignment for these people can not
# change them any more, the help desk included. The assignments below leave it to the role group
# Organization Management. Exchange warns before it makes the scope; read the warning.
# exconn-undo.ps1 takes it back.

$ErrorActionPreference = 'Stop'

$scope = 'exconn contoso protected'
$filter = 'MemberOfGroup -eq ''CN=Board,OU=O''''Neill,DC=contoso,DC=example'''
$changing = @('Set-CASMailbox', 'Clear-ActiveSyncDevice', 'Clear-MobileDevice')

# The built-in role with the fewest entries that has the cmdlet with all of these parameters; nothing if none has.
function Find-Parent([string]$Cmdlet, [string[]]$Parameters) {
    $best = $null
    $fewest = 0
    foreach ($entry in @(Get-ManagementRoleEntry "*\$Cmdlet" -ErrorAction SilentlyContinue)) {
        $lacking = @($Parameters | Where-Object { $entry.Parameters -notcontains $_ })
        $role = Get-ManagementRole "$($entry.Role)"
        if ($lacking.Count -eq 0 -and $role.IsRootRole -and -not $role.IsEndUserRole) {
            $size = @(Get-ManagementRoleEntry "$($role.Name)\*").Count
            if (-not $best -or $size -lt $fewest) {
                $best = $role.Name
                $fewest = $size
            }
        }
    }
    $best
}

if (Get-ManagementScope $scope -ErrorAction SilentlyContinue) {
    Set-ManagementScope $scope -RecipientRestrictionFilter $filter
    Write-Host "the scope $scope is there already"
} else {
    New-ManagementScope -Name $scope -Exclusive -RecipientRestrictionFilter $filter
    Write-Host "made the scope $scope"
}

# Whoever administers these people has each role from which the accounts get what changes a mailbox or a device.
$roles = @($changing | ForEach-Object { Find-Parent $_ @() } | Sort-Object -Unique)
$assigned = @(Get-ManagementRoleAssignment -ExclusiveRecipientWriteScope $scope | ForEach-Object { "$($_.Role)" })
foreach ($role in $roles) {
    if ($assigned -notcontains $role) {
        New-ManagementRoleAssignment -SecurityGroup 'Organization Management' -Role $role `
            -ExclusiveRecipientWriteScope $scope
        Write-Host "left these people to Organization Management, with the role $role"
    }
}
