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
