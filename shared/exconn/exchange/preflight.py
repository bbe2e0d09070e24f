"""Does the account have what a feature needs? Looked up in the session, never tried out.

Role names: Microsoft's built-in management roles. Which of them grants a parameter on a given version is
Exchange's to say; the remedy names the role to look at, and the check itself decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol

from exconn.exchange.exposed import Requirement

Feature = Literal["discovery", "policy", "access", "actions"]

#: Everything that may be installed needs these: the connector only reads with them.
_DISCOVERY = (
    Requirement("Get-ActiveSyncDevice", ("Identity", "Mailbox", "ResultSize")),
    Requirement("Get-ActiveSyncDeviceStatistics", ("Identity", "Mailbox")),
    Requirement("Get-ActiveSyncOrganizationSettings"),
    Requirement("Get-ActiveSyncMailboxPolicy"),
    Requirement("Get-CASMailbox", ("Identity", "ResultSize")),
    Requirement("Get-Mailbox", ("Identity",)),
    Requirement("Get-Recipient", ("Identity",)),
    Requirement("Get-User", ("Identity",)),
)
#: Only where Exchange runs on the organization's own servers.
_ON_PREMISES = (
    Requirement("Get-ExchangeServer"),
    Requirement("Set-ADServerSettings", ("ViewEntireForest",)),
)
_POLICY = (
    Requirement("Get-ActiveSyncMailboxPolicy"),
    Requirement("Set-ActiveSyncMailboxPolicy", ("Identity",)),
    Requirement("New-ActiveSyncMailboxPolicy", ("Name",)),
    Requirement("Set-CASMailbox", ("ActiveSyncMailboxPolicy",)),
)
_ACCESS = (
    Requirement("Get-ActiveSyncDeviceAccessRule"),
    Requirement("New-ActiveSyncDeviceAccessRule", ("AccessLevel", "Characteristic", "QueryString")),
    Requirement("Set-ActiveSyncDeviceAccessRule", ("AccessLevel",)),
    Requirement("Set-ActiveSyncOrganizationSettings", ("DefaultAccessLevel",)),
)
_ACTIONS = (
    Requirement("Get-ActiveSyncDevice", ("Identity",)),
    Requirement("Get-ActiveSyncDeviceStatistics", ("Identity",)),
    Requirement("Get-CASMailbox", ("Identity",)),
    Requirement("Clear-ActiveSyncDevice", ("Identity", "Cancel")),
    Requirement("Remove-ActiveSyncDevice", ("Identity",)),
    Requirement("Set-CASMailbox", ("ActiveSyncAllowedDeviceIDs", "ActiveSyncBlockedDeviceIDs")),
)

#: The connector's 19 cmdlets by the feature that needs them.
REQUIREMENTS: Mapping[Feature, tuple[Requirement, ...]] = MappingProxyType(
    {
        "discovery": _DISCOVERY + _ON_PREMISES,
        "policy": _POLICY,
        "access": _ACCESS,
        "actions": _ACTIONS,
    }
)

_READING = "View-Only Recipients"
_CONFIGURATION = "View-Only Configuration"
#: The management role to look at, by cmdlet. Recalled, except where a cmdlet's page names a permission group.
_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "Get-ActiveSyncDevice": _READING,
        "Get-ActiveSyncDeviceStatistics": _READING,
        "Get-CASMailbox": _READING,
        "Get-Mailbox": _READING,
        "Get-Recipient": _READING,
        "Get-User": _READING,
        "Get-ActiveSyncMailboxPolicy": _CONFIGURATION,
        "Get-ActiveSyncOrganizationSettings": _CONFIGURATION,
        "Get-ActiveSyncDeviceAccessRule": _CONFIGURATION,
        "Get-ExchangeServer": _CONFIGURATION,
        "Set-ADServerSettings": _CONFIGURATION,
        "Set-CASMailbox": "User Options or Mail Recipients",
        "Clear-ActiveSyncDevice": "User Options or Mail Recipients",
        "Remove-ActiveSyncDevice": "User Options or Mail Recipients",
        "Set-ActiveSyncMailboxPolicy": "Recipient Policies",
        "New-ActiveSyncMailboxPolicy": "Recipient Policies",
    }
)
_ANY_OTHER = "Organization Client Access"


class Looks(Protocol):
    """The part of a session that this needs."""

    @property
    def hosted(self) -> bool:
        """Is it somebody else's Exchange, which shows no servers?"""

    def missing(self, requirements: Iterable[Requirement]) -> list[Requirement]:
        """Those that the account's roles do not grant."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the account lacks, and what to do about it."""

    feature: Feature
    requirement: Requirement
    role: str

    @property
    def remedy(self) -> str:
        wanted = f" with {', '.join(self.requirement.parameters)}" if self.requirement.parameters else ""
        return (
            f"Assign a management role that contains {self.requirement.cmdlet} or its successor{wanted}, "
            f"such as {self.role}."
        )

    def __str__(self) -> str:
        return f"{self.feature}: {self.requirement.cmdlet} is missing. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Preflight:
    """The result for some features; nothing missing means that they may be armed."""

    missing: tuple[Missing, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.missing


def requirements_of(feature: Feature, *, hosted: bool = False) -> tuple[Requirement, ...]:
    """What a feature needs; a hosted Exchange has no servers and no forest to look at."""
    needed = REQUIREMENTS[feature]
    return tuple(each for each in needed if each not in _ON_PREMISES) if hosted else needed


def report(session: Looks, features: Iterable[Feature]) -> Preflight:
    """What the session's account lacks for these features."""
    needed = {feature: requirements_of(feature, hosted=session.hosted) for feature in features}
    lacking = set(session.missing(each for group in needed.values() for each in group))
    return Preflight(
        tuple(
            Missing(feature, each, _ROLES.get(each.cmdlet, _ANY_OTHER))
            for feature, group in needed.items()
            for each in group
            if each in lacking
        )
    )
