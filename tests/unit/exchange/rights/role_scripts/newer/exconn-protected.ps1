# exconn, connector contoso
# Nobody changes, wipes or blocks the direct members of a group but administrators who are named here.
# Group: CN=Board,OU=O'Neill,DC=contoso,DC=example
#
# An exclusive scope works at once, and for everybody: whoever has no exclusive assignment for these people can not
# change them any more, the help desk included. The assignments below leave it to the role group
# Organization Management. Exchange warns before it makes the scope; read the warning.
# exconn-undo.ps1 takes it back.

$ErrorActionPreference = 'Stop'

New-ManagementScope -Name 'exconn contoso protected' -Exclusive `
    -RecipientRestrictionFilter 'MemberOfGroup -eq ''CN=Board,OU=O''''Neill,DC=contoso,DC=example'''
New-ManagementRoleAssignment -Name 'exconn contoso protected MR' -SecurityGroup 'Organization Management' `
    -Role 'Mail Recipients' -ExclusiveRecipientWriteScope 'exconn contoso protected'
New-ManagementRoleAssignment -Name 'exconn contoso protected UO' -SecurityGroup 'Organization Management' `
    -Role 'User Options' -ExclusiveRecipientWriteScope 'exconn contoso protected'
