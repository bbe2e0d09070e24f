# exconn, connector contoso
# The action account, not armed: it reads, and changes nothing in Exchange.
#
# Read it before you run it, in the Exchange Management Shell, with an account that may manage roles and groups.
# It says what it does, and can be run again: what is there already is kept.

$ErrorActionPreference = 'Stop'

$account = 'CONTOSO\exconn-actions'
# The universal security group of the account, and the role group of which it becomes the member.
$accounts = 'exconn contoso actions accounts'
$group = 'exconn contoso actions'

# What the account gets: cmdlets, and the parameters of each. Of two names for one cmdlet, one is enough.
$needs = @(
    @{
        'Set-ADServerSettings' = @('ViewEntireForest')
    },
    @{
        'Get-ActiveSyncDevice' = @('Identity', 'DomainController', 'ResultSize')
        'Get-MobileDevice' = @('Identity', 'DomainController', 'ResultSize')
    },
    @{
        'Get-ActiveSyncDeviceStatistics' = @('Identity', 'DomainController')
        'Get-MobileDeviceStatistics' = @('Identity', 'DomainController')
    },
    @{
        'Get-CASMailbox' = @('Identity', 'DomainController', 'ReadFromDomainController')
    }
)

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

# Kept with every entry: they change how a cmdlet speaks, not what it does.
$common = @('Debug', 'ErrorAction', 'ErrorVariable', 'OutBuffer', 'OutVariable', 'Verbose', 'WarningAction',
    'WarningVariable')

# The account may be a user, a computer or a group managed service account, of any domain of the forest.
function Find-Account([string]$Name) {
    $named = New-Object System.Security.Principal.NTAccount($Name)
    $sid = $named.Translate([System.Security.Principal.SecurityIdentifier])
    $forest = [System.DirectoryServices.ActiveDirectory.Forest]::GetCurrentForest()
    $search = $forest.FindGlobalCatalog().GetDirectorySearcher()
    $search.Filter = "(objectSid=$sid)"
    $found = $search.FindOne()
    if (-not $found) {
        throw "The directory shows no account $Name. A computer or managed service account ends in a dollar sign."
    }
    "$($found.Properties['distinguishedname'][0])"
}

# A role group takes mailboxes and universal security groups only, so the account goes into one of these.
function Add-AccountToGroup([string]$Group, [string]$Account) {
    if (-not (Get-DistributionGroup $Group -ErrorAction SilentlyContinue)) {
        New-DistributionGroup -Name $Group -Type Security -MemberJoinRestriction Closed `
            -MemberDepartRestriction Closed | Out-Null
        Set-DistributionGroup $Group -HiddenFromAddressListsEnabled $true
        Write-Host "made the universal security group $Group"
    }
    $made = Get-DistributionGroup $Group
    $members = ([ADSI]"LDAP://$($made.OriginatingServer)/$($made.DistinguishedName)")
    if ($members.Properties['member'] -contains $Account) {
        Write-Host "$Account is in $Group already"
    } else {
        [void]$members.Properties['member'].Add($Account)
        $members.CommitChanges()
        Write-Host "put $Account into $Group"
    }
}

# `OCA` of `Organization Client Access`: by it the roles of one account are told apart.
function Get-RoleName([string]$Parent) {
    $letters = @($Parent -split '[ -]' | ForEach-Object { $_.Substring(0, 1).ToUpper() })
    "$group $($letters -join '')"
}

# Cmdlets by the role that they are taken from; stops before anything is made where one is nowhere to be had.
function Find-Parents {
    $parents = @{}
    foreach ($need in $needs) {
        $found = 0
        foreach ($cmdlet in $need.Keys) {
            $parent = Find-Parent $cmdlet $need[$cmdlet]
            if ($parent) {
                $found += 1
                if (-not $parents.ContainsKey($parent)) { $parents[$parent] = @{} }
                $parents[$parent][$cmdlet] = $need[$cmdlet]
            }
        }
        if ($found -eq 0) {
            throw "No built-in role has $($need.Keys -join ' or ') with the parameters that are needed; nothing was made."
        }
    }
    $names = @($parents.Keys | ForEach-Object { Get-RoleName $_ } | Sort-Object -Unique)
    if ($names.Count -ne $parents.Count) {
        throw "Two of the roles $($parents.Keys -join ', ') have the same first letters; nothing was made."
    }
    $parents
}

# A role with these entries and no others, each with the parameters that are needed and no others.
function Set-Role([string]$Role, [string]$Parent, [hashtable]$Entries) {
    if (Get-ManagementRole $Role -ErrorAction SilentlyContinue) {
        Write-Host "the role $Role is there already"
    } else {
        New-ManagementRole -Name $Role -Parent $Parent | Out-Null
        Write-Host "made the role $Role from $Parent"
    }
    $there = @(Get-ManagementRoleEntry "$Role\*" | ForEach-Object { $_.Name })
    foreach ($cmdlet in $Entries.Keys) {
        $wanted = $Entries[$cmdlet] + $common
        $known = (Get-ManagementRoleEntry "$Parent\$cmdlet").Parameters
        $kept = @($known | Where-Object { $wanted -contains $_ })
        if ($there -contains $cmdlet) {
            Set-ManagementRoleEntry "$Role\$cmdlet" -Parameters $kept
        } else {
            Add-ManagementRoleEntry "$Role\$cmdlet" -Parameters $kept
        }
        Write-Host "  $cmdlet $(@($Entries[$cmdlet] | ForEach-Object { "-$_" }) -join ' ')"
    }
    foreach ($cmdlet in $there) {
        if (-not $Entries.ContainsKey($cmdlet)) { Remove-ManagementRoleEntry "$Role\$cmdlet" -Confirm:$false }
    }
}

# The role group has these roles and no others.
function Set-RolesOfGroup([string[]]$Roles) {
    if (-not (Get-RoleGroup $group -ErrorAction SilentlyContinue)) {
        New-RoleGroup -Name $group -Roles $Roles -Members $accounts | Out-Null
        Write-Host "made the role group $group with the member $accounts"
        return
    }
    $members = @(Get-RoleGroupMember $group | ForEach-Object { $_.Name })
    if ($members -notcontains $accounts) {
        Add-RoleGroupMember $group -Member $accounts
        Write-Host "put $accounts into the role group $group"
    }
    $assignments = @(Get-ManagementRoleAssignment -RoleAssignee $group)
    $assigned = @($assignments | ForEach-Object { "$($_.Role)" })
    foreach ($role in $Roles) {
        if ($assigned -notcontains $role) {
            New-ManagementRoleAssignment -SecurityGroup $group -Role $role | Out-Null
            Write-Host "gave the role $role to $group"
        }
    }
    foreach ($assignment in $assignments) {
        if ($Roles -notcontains "$($assignment.Role)") {
            Remove-ManagementRoleAssignment "$($assignment.Name)" -Confirm:$false
            Write-Host "took the role $($assignment.Role) from $group"
        }
    }
}

# Remote PowerShell is on for a user unless somebody turned it off; other accounts have no such switch.
function Enable-RemotePowerShell([string]$Account) {
    $user = Get-User $Account -ErrorAction SilentlyContinue
    if ($user -and $user.RemotePowerShellEnabled -eq $false) {
        Set-User $Account -RemotePowerShellEnabled $true
        Write-Host "let $Account use remote PowerShell"
    }
}

$distinguishedName = Find-Account $account
$parents = Find-Parents
Add-AccountToGroup $accounts $distinguishedName
foreach ($parent in $parents.Keys) { Set-Role (Get-RoleName $parent) $parent $parents[$parent] }
Set-RolesOfGroup @($parents.Keys | ForEach-Object { Get-RoleName $_ })
Enable-RemotePowerShell $distinguishedName
Write-Host "Done. Sessions show these rights once the directory has replicated them; it can take 15 minutes."
