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
