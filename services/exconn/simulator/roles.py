"""What an account's roles let it see: whole cmdlets, or some parameters of a cmdlet.

What is hidden does not exist for the account, neither to run nor in Get-Command.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase

from exconn.simulator.catalog import Cmdlet, load

#: In every session, as implicit remoting needs them.
PROXIES = ("Get-Command", "Get-FormatData", "Select-Object", "Measure-Object")
_SHARED = {"Identity", "Confirm", "WhatIf", "DomainController"}

#: Cmdlet pattern to the parameters granted; None grants all.
_GRANTS: dict[str, dict[str, frozenset[str] | None]] = {
    "discovery": {"Get-*": None, "Set-ADServerSettings": None},
    "policy": {
        "Get-*": None,
        "Set-ADServerSettings": None,
        "*-ActiveSyncMailboxPolicy": None,
        "*-MobileDeviceMailboxPolicy": None,
        "*-ActiveSyncDeviceAccessRule": None,
        "Set-ActiveSyncDeviceAutoblockThreshold": None,
        "Set-ActiveSyncOrganizationSettings": None,
        "Set-CASMailbox": frozenset({*_SHARED, "ActiveSyncMailboxPolicy"}),
    },
    "actions": {
        "Get-*": None,
        "Set-ADServerSettings": None,
        "Clear-*": None,
        "Remove-ActiveSyncDevice": None,
        "Remove-MobileDevice": None,
        "Set-CASMailbox": frozenset({*_SHARED, "ActiveSyncAllowedDeviceIDs", "ActiveSyncBlockedDeviceIDs"}),
    },
    "all": {"*": None},
    "none": {},
}


class Visibility:
    """The cmdlets that one Exchange version and one role show."""

    def __init__(self, version: str, role: str, hidden: Callable[[str], bool] = lambda _name: False) -> None:
        self.version = version
        self._grants = _GRANTS[role]
        self._names = {
            name.lower(): name
            for name, cmdlet in load().cmdlets.items()
            if version in cmdlet.applies_to and self._is_granted(name) and not hidden(name)
        }

    @property
    def has_any_role(self) -> bool:
        """Whether the account may open a session at all."""
        return bool(self._grants)

    def cmdlet_names(self) -> list[str]:
        """All visible cmdlets, sorted."""
        return sorted(self._names.values())

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
            if self.version in parameter.applies_to and (granted is None or name in granted)
        ]

    def _is_granted(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._grants)

    def _granted_parameters(self, name: str) -> frozenset[str] | None:
        """None: all of them."""
        return next((granted for pattern, granted in self._grants.items() if fnmatchcase(name, pattern)), None)
