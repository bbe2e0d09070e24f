# exconn, connector contoso
# Takes back what the other scripts made. What was not made shows as an error, and the next step follows.
#
# Exchange asks before each step.

Get-ManagementRoleAssignment -RoleAssignee 'exconn contoso actions armed' | Remove-ManagementRoleAssignment
Remove-RoleGroup 'exconn contoso actions armed'
Remove-ManagementRole 'exconn contoso actions armed MR'
Remove-ManagementRole 'exconn contoso actions armed UO'

Get-ManagementRoleAssignment -RoleAssignee 'exconn contoso actions' | Remove-ManagementRoleAssignment
Remove-RoleGroup 'exconn contoso actions'
Remove-ManagementRole 'exconn contoso actions VOC'
Remove-ManagementRole 'exconn contoso actions VOR'

Get-ManagementRoleAssignment -RoleAssignee 'exconn contoso policy' | Remove-ManagementRoleAssignment
Remove-RoleGroup 'exconn contoso policy'
Remove-ManagementRole 'exconn contoso policy MR'
Remove-ManagementRole 'exconn contoso policy OCA'
Remove-ManagementRole 'exconn contoso policy RP'
Remove-ManagementRole 'exconn contoso policy VOC'
Remove-ManagementRole 'exconn contoso policy VOR'

Get-ManagementRoleAssignment -RoleAssignee 'exconn contoso discovery' | Remove-ManagementRoleAssignment
Remove-RoleGroup 'exconn contoso discovery'
Remove-ManagementRole 'exconn contoso discovery VOC'
Remove-ManagementRole 'exconn contoso discovery VOR'

Remove-ManagementRoleAssignment 'exconn contoso protected MR'
Remove-ManagementRoleAssignment 'exconn contoso protected UO'
Remove-ManagementScope 'exconn contoso protected'
