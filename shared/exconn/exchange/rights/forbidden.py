"""What an account of the connector must not be able to do, with the reason; proved by what its session shows.

Nothing in here is ever run. A name that Exchange does not have on some version is simply never shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from exconn.contracts.roles import AccountRole
from exconn.exchange.rights.exposed import Exposed, family

Severity = Literal["failed", "warning"]


@dataclass(frozen=True, slots=True)
class ForbiddenRight:
    """A cmdlet (either family's name is meant), or some parameters of it, that must be out of reach."""

    cmdlet: str
    reason: str
    parameters: tuple[str, ...] = ()
    severity: Severity = "failed"


@dataclass(frozen=True, slots=True)
class InReach:
    """Something forbidden that the session shows, by the name that it shows."""

    cmdlet: str
    parameters: tuple[str, ...]
    reason: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.cmdlet} {', '.join(f'-{name}' for name in self.parameters)}".rstrip()


_GRANTS = "whoever has the account could give itself any right"
_DELETES = "mailboxes could be deleted or emptied"
_READS = "mail of others could be read or exported"
_DIVERTS = "mail could be diverted or copied"

#: No worker has any use for these.
EVERYBODY = (
    ForbiddenRight("New-ManagementRoleAssignment", _GRANTS),
    ForbiddenRight("Set-ManagementRoleAssignment", _GRANTS),
    ForbiddenRight("Add-RoleGroupMember", _GRANTS),
    ForbiddenRight("Update-RoleGroupMember", _GRANTS),
    ForbiddenRight("New-RoleGroup", _GRANTS),
    ForbiddenRight("Add-ManagementRoleEntry", _GRANTS),
    ForbiddenRight("Set-ManagementRoleEntry", _GRANTS),
    ForbiddenRight("New-ManagementScope", _GRANTS),
    ForbiddenRight("Set-ManagementScope", _GRANTS),
    ForbiddenRight("Remove-ManagementScope", "the scope that protects people could be removed"),
    ForbiddenRight("Remove-Mailbox", _DELETES),
    ForbiddenRight("Disable-Mailbox", _DELETES),
    ForbiddenRight("Remove-MailboxDatabase", _DELETES),
    ForbiddenRight("Search-Mailbox", _DELETES),
    ForbiddenRight("New-MailboxExportRequest", _READS),
    ForbiddenRight("New-MailboxSearch", _READS),
    ForbiddenRight("Add-MailboxPermission", _READS),
    ForbiddenRight("Add-MailboxFolderPermission", _READS),
    ForbiddenRight("Set-Mailbox", "any mailbox could be forwarded or hidden"),
    ForbiddenRight("New-InboxRule", _DIVERTS),
    ForbiddenRight("Set-InboxRule", _DIVERTS),
    ForbiddenRight("New-TransportRule", _DIVERTS),
    ForbiddenRight("Set-TransportRule", _DIVERTS),
    ForbiddenRight("New-JournalRule", _DIVERTS),
    ForbiddenRight("Set-AdminAuditLogConfig", "the audit log could be switched off"),
    ForbiddenRight("Set-ThrottlingPolicy", "the limits of the account itself could be lifted"),
    ForbiddenRight(
        "Get-ActiveSyncDeviceStatistics",
        "recovery passwords of phones could be read",
        parameters=("ShowRecoveryPassword",),
        severity="warning",
    ),
)

_WIPES = "a stolen {role} account could wipe phones"
_REMOVES = "a stolen {role} account could drop partnerships and pending wipes"
_BLOCKS = "a stolen {role} account could block or allow single phones"
_CUTS_OFF = "a stolen {role} account could block, allow or cut off single people"
_GOVERNS = "a stolen {role} account could change the rules of everybody"
_REPLACES = "a new default policy replaces that of everybody, and one that is removed leaves its people to another"
_DECIDES = "nothing that is installed changes access rules or the default level, which can block everybody"

_LISTS = ("ActiveSyncAllowedDeviceIDs", "ActiveSyncBlockedDeviceIDs")
_SWITCHES = ("ActiveSyncEnabled", "OWAEnabled", "MAPIEnabled")
_POLICIES = ("New-ActiveSyncMailboxPolicy", "Remove-ActiveSyncMailboxPolicy")
_ACCESS = (
    "New-ActiveSyncDeviceAccessRule",
    "Set-ActiveSyncDeviceAccessRule",
    "Remove-ActiveSyncDeviceAccessRule",
    "Set-ActiveSyncOrganizationSettings",
)
_GOVERN = (*_POLICIES, "Set-ActiveSyncMailboxPolicy", *_ACCESS)


def _erasing(role: AccountRole) -> tuple[ForbiddenRight, ...]:
    return (
        ForbiddenRight("Clear-ActiveSyncDevice", _WIPES.format(role=role)),
        ForbiddenRight("Remove-ActiveSyncDevice", _REMOVES.format(role=role)),
    )


def _governing(role: AccountRole) -> tuple[ForbiddenRight, ...]:
    return tuple(ForbiddenRight(cmdlet, _GOVERNS.format(role=role)) for cmdlet in _GOVERN)


#: What one worker needs and the others must not have.
BY_ROLE: Mapping[AccountRole, tuple[ForbiddenRight, ...]] = MappingProxyType(
    {
        "discovery": (
            *_erasing("discovery"),
            *_governing("discovery"),
            ForbiddenRight("Set-CASMailbox", _BLOCKS.format(role="discovery")),
        ),
        "policy": (
            *_erasing("policy"),
            *(ForbiddenRight(cmdlet, _REPLACES) for cmdlet in _POLICIES),
            *(ForbiddenRight(cmdlet, _DECIDES) for cmdlet in _ACCESS),
            ForbiddenRight("Set-CASMailbox", _CUTS_OFF.format(role="policy"), parameters=(*_LISTS, *_SWITCHES)),
        ),
        "actions": (
            *_governing("actions"),
            ForbiddenRight(
                "Set-CASMailbox",
                "a stolen actions account could cut people off or change their policy",
                parameters=("ActiveSyncMailboxPolicy", *_SWITCHES),
            ),
        ),
    }
)


class Exposes(Protocol):
    """The part of a session that this needs."""

    def exposes(self, cmdlets: Iterable[str]) -> Exposed:
        """Which of these the account's roles show."""


def forbidden_for(roles: Iterable[AccountRole]) -> tuple[ForbiddenRight, ...]:
    """What an account that serves these roles must not have: an account that serves several needs more."""
    wanted = sorted(set(roles))
    rows = [row for role in wanted for row in BY_ROLE[role]]
    if len(wanted) > 1:
        # A cmdlet that one of the roles needs, if only in part, can not be forbidden to an account that serves it.
        rows = [row for row in rows if all(row.cmdlet in _wholly_forbidden(role) for role in wanted)]
    return (*EVERYBODY, *{row.cmdlet: row for row in rows}.values())


def _wholly_forbidden(role: AccountRole) -> set[str]:
    return {row.cmdlet for row in BY_ROLE[role] if not row.parameters}


def in_reach(session: Exposes, roles: Iterable[AccountRole]) -> list[InReach]:
    """What of the forbidden an account shows that serves these roles."""
    rows = forbidden_for(roles)
    exposed = session.exposes(name for row in rows for name in family(row.cmdlet))
    return [found for row in rows for name in family(row.cmdlet) if (found := _shown(row, name, exposed))]


def _shown(row: ForbiddenRight, name: str, exposed: Exposed) -> InReach | None:
    if name.lower() not in exposed:
        return None
    parameters = exposed[name.lower()]
    if not row.parameters:
        return InReach(name, (), row.reason, row.severity)
    # Where the session does not tell parameters, nothing is proved, and nothing is claimed.
    shown = tuple(each for each in row.parameters if parameters is not None and each.lower() in parameters)
    return InReach(name, shown, row.reason, row.severity) if shown else None
