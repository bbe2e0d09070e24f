"""Does the account have what a service needs? Looked up in the session, never tried out.

The table says what the code of each service sends, down to the parameter, and the table of kinds what a single kind of
job sends beside that. It is all that an account is asked for, and all that the role scripts give it: tests compare it
with what the code calls, and run the services with accounts that have nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from exconn.contracts import KINDS
from exconn.contracts.roles import AccountRole
from exconn.exchange.cmdlets.dialect import parameter_for, policy_cmdlet
from exconn.exchange.cmdlets.scope import ExchangeTarget
from exconn.exchange.rights.builtin_roles import role_of
from exconn.exchange.rights.exposed import Lack, Requirement

#: The first cmdlet of every session, and the look at the servers: only where Exchange runs on the organization's own.
_SESSION = Requirement("Set-ADServerSettings", ("ViewEntireForest",))
_SERVERS = Requirement("Get-ExchangeServer")
_ON_PREMISES = frozenset({_SESSION.cmdlet, _SERVERS.cmdlet})
#: Parameters that Exchange documents for an organization's own servers only.
_ON_PREMISES_PARAMETERS = frozenset({"DomainController", "ReadFromDomainController"})

#: Everything that may be installed needs these: the connector only reads with them.
_DISCOVERY = (
    _SESSION,
    _SERVERS,
    Requirement("Get-ActiveSyncDevice", ("ResultSize",)),
    Requirement("Get-ActiveSyncDeviceStatistics", ("Mailbox",)),
    Requirement("Get-ActiveSyncOrganizationSettings"),
    Requirement("Get-CASMailbox", ("Filter", "Identity", "ResultSize")),
)
_SET_POLICY = Requirement("Set-ActiveSyncMailboxPolicy", ("Identity", "DomainController"))
_POLICY = (
    _SESSION,
    Requirement("Get-ActiveSyncMailboxPolicy", ("DomainController",)),
    _SET_POLICY,
)
_ACTIONS = (
    _SESSION,
    Requirement("Get-ActiveSyncDevice", ("Identity", "DomainController", "ResultSize")),
    Requirement("Get-ActiveSyncDeviceStatistics", ("Identity", "DomainController")),
    Requirement("Get-CASMailbox", ("Identity",)),
)


def _with_kinds(group: AccountRole, base: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """What a group needs, and what the kinds of job with its rights need beside that, once for each cmdlet."""
    found = {each.cmdlet: each.parameters for each in base}
    for row in KINDS.values():
        if row.rights == group:
            for cmdlet, parameters in row.needs.items():
                found[cmdlet] = tuple(dict.fromkeys((*found.get(cmdlet, ()), *parameters)))
    return tuple(Requirement(cmdlet, parameters) for cmdlet, parameters in found.items())


#: What the worker of each role needs of its account, by the older names.
REQUIREMENTS: Mapping[AccountRole, tuple[Requirement, ...]] = MappingProxyType(
    {
        "discovery": _with_kinds("discovery", _DISCOVERY),
        "policy": _with_kinds("policy", _POLICY),
        "actions": _with_kinds("actions", _ACTIONS),
    }
)


class Looks(Protocol):
    """The part of a session that this needs."""

    @property
    def hosted(self) -> bool:
        """Is it somebody else's Exchange, which shows no servers?"""

    def lacks(self, requirements: Iterable[Requirement]) -> dict[Requirement, Lack]:
        """What the account's roles hide of these."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the account lacks, and what to do about it."""

    group: AccountRole
    requirement: Requirement
    lack: Lack
    role: str

    @property
    def remedy(self) -> str:
        older = "" if self.lack.cmdlet == self.requirement.cmdlet else f" (older name: {self.requirement.cmdlet})"
        if not self.lack.parameters:
            wanted = [*self.requirement.parameters]
            also = f" with {', '.join(wanted)}" if wanted else ""
            return f"Assign a management role that contains {self.lack.cmdlet}{older}{also}, such as {self.role}."
        names = ", ".join(self.lack.parameters)
        return (
            f"Add {names} to the entry {self.lack.cmdlet}{older} of the account's role, or assign one that has "
            f"it, such as {self.role}."
        )

    @property
    def said(self) -> str:
        """What is missing, in one sentence."""
        if not self.lack.parameters:
            return f"{self.lack.cmdlet} is missing."
        return f"{self.lack.cmdlet} lacks {', '.join(self.lack.parameters)}."

    def __str__(self) -> str:
        return f"{self.group}: {self.said} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Preflight:
    """The result for some groups; nothing missing means that what needs them may be armed."""

    missing: tuple[Missing, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.missing


def requirements_of(
    group: AccountRole, *, hosted: bool = False, settings: Sequence[str] = ()
) -> tuple[Requirement, ...]:
    """What a group needs, by the older names.

    `settings` are the policy parameters that are written, by their newer names. A hosted Exchange has no servers, no
    forest and no domain controllers to name.
    """
    had = [name for name in settings if _is_had(name, hosted=hosted)]
    needed = [_with_settings(each, had) if each == _SET_POLICY else each for each in REQUIREMENTS[group]]
    if hosted:
        needed = [_elsewhere(each) for each in needed if each.cmdlet not in _ON_PREMISES]
    return tuple(needed)


def _is_had(setting: str, *, hosted: bool) -> bool:
    """Whether any Exchange of that kind has the setting: of one that it lacks, nothing is sent."""
    parameter = policy_cmdlet("MobileDevice").parameters.get(setting)
    return parameter is None or ExchangeTarget(hosted=hosted).offers(parameter.applies_to)


def _with_settings(requirement: Requirement, settings: Sequence[str]) -> Requirement:
    older = [parameter_for(name, "ActiveSync") for name in settings]
    return replace(requirement, parameters=tuple(dict.fromkeys((*requirement.parameters, *older))))


def _elsewhere(requirement: Requirement) -> Requirement:
    kept = tuple(name for name in requirement.parameters if name not in _ON_PREMISES_PARAMETERS)
    return replace(requirement, parameters=kept)


def report(session: Looks, groups: Iterable[AccountRole], *, settings: Sequence[str] = ()) -> Preflight:
    """What the session's account lacks for these groups; `settings` as in `requirements_of`."""
    needed = {group: requirements_of(group, hosted=session.hosted, settings=settings) for group in groups}
    lacking = session.lacks(each for requirements in needed.values() for each in requirements)
    return Preflight(
        tuple(
            Missing(group, each, lacking[each], role_of(each.cmdlet))
            for group, requirements in needed.items()
            for each in requirements
            if each in lacking
        )
    )
