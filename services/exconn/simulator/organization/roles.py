"""What an account's roles let it see: whole cmdlets, or some parameters of a cmdlet.

What is hidden does not exist for the account, neither to run nor in Get-Command. Each account starts with one of the
roles below; entries can be taken away from it, or given to it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from exconn.simulator.cmdlets.catalog import Cmdlet, load
from exconn.simulator.errors import SimulatorError

#: In every session, as implicit remoting needs them.
PROXIES = ("Get-Command", "Get-FormatData", "Select-Object", "Measure-Object")
_SHARED = {"Identity", "Confirm", "WhatIf", "DomainController"}
#: All parameters but the one that shows recovery passwords, which no worker asks for.
_STATISTICS = frozenset(load().cmdlets["Get-MobileDeviceStatistics"].parameters) - {"ShowRecoveryPassword"}
_READ: dict[str, frozenset[str] | None] = {
    "Get-ActiveSyncDeviceStatistics": _STATISTICS,
    "Get-MobileDeviceStatistics": _STATISTICS,
    "Get-*": None,
}

#: Cmdlet pattern to the parameters granted; None grants all.
_GRANTS: dict[str, dict[str, frozenset[str] | None]] = {
    "discovery": {**_READ, "Set-ADServerSettings": None},
    "policy": {
        **_READ,
        "Set-ADServerSettings": None,
        "Set-ActiveSyncMailboxPolicy": None,
        "Set-MobileDeviceMailboxPolicy": None,
        "Set-ActiveSyncDeviceAutoblockThreshold": None,
        "Set-CASMailbox": frozenset({*_SHARED, "ActiveSyncMailboxPolicy"}),
    },
    "actions": {
        **_READ,
        "Set-ADServerSettings": None,
        "Clear-*": None,
        "Remove-ActiveSyncDevice": None,
        "Remove-MobileDevice": None,
        "Set-CASMailbox": frozenset({*_SHARED, "ActiveSyncAllowedDeviceIDs", "ActiveSyncBlockedDeviceIDs"}),
    },
    # Reading the audit log is a right apart.
    "audit": {"Search-AdminAuditLog": None, "Set-ADServerSettings": None},
    "all": {"*": None},
    "none": {},
}


ROLES = tuple(_GRANTS)
_WRITTEN = re.compile(r"([A-Za-z*]+-[A-Za-z0-9*]+)((?:\s+-[A-Za-z0-9]+)*)")


class UnknownEntry(SimulatorError):
    """An entry of a role that can't be read."""

    def __init__(self, text: str, problem: str) -> None:
        self.text = text
        self.problem = problem
        super().__init__(f"{text!r}: {problem}")


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A cmdlet, `*` allowed, and some of its parameters; none means all of the cmdlet."""

    cmdlet: str
    parameters: frozenset[str] = frozenset()

    def is_about(self, name: str) -> bool:
        """Whether it names that cmdlet."""
        return fnmatchcase(name.lower(), self.cmdlet.lower())


def read_entry(text: str, *, known: bool) -> RoleEntry:
    """`Clear-MobileDevice`, `Clear-*` or `Set-CASMailbox -ActiveSyncBlockedDeviceIDs`; UnknownEntry when unreadable.

    `known` refuses what no simulated cmdlet has, which in an order to hide something is a slip of the pen.
    """
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        raise UnknownEntry(text, "write Verb-Noun, or Verb-Noun -Parameter -Parameter")
    entry = RoleEntry(written[1], frozenset(name.removeprefix("-") for name in written[2].split()))
    if known:
        _check_known(text, entry)
    return entry


def _check_known(text: str, entry: RoleEntry) -> None:
    about = [cmdlet for name, cmdlet in load().cmdlets.items() if entry.is_about(name)]
    if not about:
        raise UnknownEntry(text, "no such cmdlet is simulated")
    names = {name for cmdlet in about for name in cmdlet.parameters}
    if entry.parameters - names:
        raise UnknownEntry(text, f"the cmdlet has no parameter {min(entry.parameters - names)}")


class Visibility:
    """The cmdlets that one Exchange version and one role show, after entries were taken away and given."""

    def __init__(
        self,
        version: str,
        role: str,
        hidden: Callable[[str], bool] = lambda _name: False,
        *,
        without: Iterable[RoleEntry] = (),
        also: Iterable[RoleEntry] = (),
        hosted: bool = False,
    ) -> None:
        self.version = version
        #: What the pages of cmdlets and parameters are asked for: somebody else's Exchange has what the cloud has.
        self._scope = "online" if hosted else version
        self._grants = _GRANTS[role]
        self._without = tuple(without)
        self._also = tuple(also)
        self._names = {
            name.lower(): name
            for name, cmdlet in load().cmdlets.items()
            if self._scope in cmdlet.applies_to
            and version in cmdlet.applies_to
            and self._is_granted(name)
            and not hidden(name)
        }

    @property
    def has_any_role(self) -> bool:
        """Whether the account may open a session at all."""
        return bool(self._grants or self._also)

    def cmdlet_names(self) -> list[str]:
        """All visible cmdlets, sorted; also those that are only there to be seen."""
        known = {name.lower() for name in load().cmdlets}
        only_seen = {e.cmdlet for e in self._also if "*" not in e.cmdlet and e.cmdlet.lower() not in known}
        return sorted({*self._names.values(), *only_seen})

    def find(self, name: str) -> Cmdlet | None:
        """The cmdlet of that name, whatever its case."""
        known = self._names.get(name.lower())
        return load().cmdlets[known] if known else None

    def parameters(self, cmdlet: Cmdlet) -> list[str]:
        """The visible parameters of a visible cmdlet, without the common ones."""
        granted = self._granted_parameters(cmdlet.name)
        return [
            name
            for name, parameter in cmdlet.parameters.items()
            if self._scope in parameter.applies_to
            and (granted is None or name in granted)
            and not any(name in entry.parameters for entry in self._without if entry.is_about(cmdlet.name))
        ]

    def _is_granted(self, name: str) -> bool:
        if any(not entry.parameters and entry.is_about(name) for entry in self._without):
            return False
        return any(fnmatchcase(name, pattern) for pattern in self._grants) or any(e.is_about(name) for e in self._also)

    def _granted_parameters(self, name: str) -> frozenset[str] | None:
        """None: all of them."""
        given = [entry.parameters for entry in self._also if entry.is_about(name)]
        granted = [names for pattern, names in self._grants.items() if fnmatchcase(name, pattern)][:1]
        if not all(given) or None in granted:
            return None
        return frozenset().union(*given, *(names for names in granted if names is not None))
