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
