# exconn, connector contoso
# Takes back what the other scripts made.
#
# Read it before you run it, in the Exchange Management Shell, with an account that may manage roles and groups.
# It says what it does, and can be run again: what is there already is kept.

$ErrorActionPreference = 'Stop'

# A role group of exconn and its roles. What is not there is passed over; Exchange asks before each step.
function Remove-MadeGroup([string]$Group) {
    if (Get-RoleGroup $Group -ErrorAction SilentlyContinue) {
        @(Get-ManagementRoleAssignment -RoleAssignee $Group) |
            ForEach-Object { Remove-ManagementRoleAssignment "$($_.Name)" }
        Remove-RoleGroup $Group
        Write-Host "removed the role group $Group"
    } else {
        Write-Host "there is no role group $Group"
    }
    foreach ($role in @(Get-ManagementRole | Where-Object { $_.Name -like "$Group *" })) {
        Remove-ManagementRole $role.Name
        Write-Host "removed the role $($role.Name)"
    }
}

# The universal security group that an account was put into.
function Remove-AccountGroup([string]$Group) {
    if (Get-DistributionGroup $Group -ErrorAction SilentlyContinue) {
        Remove-DistributionGroup $Group
        Write-Host "removed the universal security group $Group"
    }
}

# The scope that protects people, and what was assigned with it.
function Remove-Scope([string]$Scope) {
    if (Get-ManagementScope $Scope -ErrorAction SilentlyContinue) {
        @(Get-ManagementRoleAssignment -ExclusiveRecipientWriteScope $Scope) |
            ForEach-Object { Remove-ManagementRoleAssignment "$($_.Name)" }
        Remove-ManagementScope $Scope
        Write-Host "removed the scope $Scope"
    }
}

Remove-MadeGroup 'exconn contoso actions armed'
Remove-MadeGroup 'exconn contoso actions'
Remove-AccountGroup 'exconn contoso actions accounts'
Remove-MadeGroup 'exconn contoso policy'
Remove-AccountGroup 'exconn contoso policy accounts'
Remove-MadeGroup 'exconn contoso discovery'
Remove-AccountGroup 'exconn contoso discovery accounts'
Remove-Scope 'exconn contoso protected'
