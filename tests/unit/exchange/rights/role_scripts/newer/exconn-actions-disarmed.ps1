# exconn, connector contoso
# Takes from the action account what exconn-actions-armed.ps1 gave it. Run it after disarming.
#
# Exchange asks before each step.

Get-ManagementRoleAssignment -RoleAssignee 'exconn contoso actions armed' | Remove-ManagementRoleAssignment
Remove-RoleGroup 'exconn contoso actions armed'
Remove-ManagementRole 'exconn contoso actions armed MR'
Remove-ManagementRole 'exconn contoso actions armed UO'
