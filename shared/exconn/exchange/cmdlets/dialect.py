"""The two families of names for the same things: `ActiveSync…` (2010 and later) and `MobileDevice…` (2013 and later).

The project speaks the newer names; what the session exposes decides which ones travel.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from exconn.exchange.cmdlets.table import NEWER_PARAMETERS, OLDER_PARAMETERS, Cmdlet, table

Dialect = Literal["ActiveSync", "MobileDevice"]

#: Cmdlets by what they do: (older name, newer name).
_CMDLETS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "devices": ("Get-ActiveSyncDevice", "Get-MobileDevice"),
        "statistics": ("Get-ActiveSyncDeviceStatistics", "Get-MobileDeviceStatistics"),
        "clear": ("Clear-ActiveSyncDevice", "Clear-MobileDevice"),
        "remove": ("Remove-ActiveSyncDevice", "Remove-MobileDevice"),
        "policies": ("Get-ActiveSyncMailboxPolicy", "Get-MobileDeviceMailboxPolicy"),
        "set policy": ("Set-ActiveSyncMailboxPolicy", "Set-MobileDeviceMailboxPolicy"),
    }
)

#: A policy's own description, which is no setting of it.
_NOT_SETTINGS = frozenset({"Identity", "Name", "IsDefault", "IsDefaultPolicy", "DomainController", "Confirm", "WhatIf"})


def cmdlet_for(task: str, dialect: Dialect) -> str:
    """The cmdlet that does a task in a dialect."""
    older, newer = _CMDLETS[task]
    return newer if dialect == "MobileDevice" else older


def parameter_for(name: str, dialect: Dialect) -> str:
    """The name of a policy parameter in a dialect."""
    return OLDER_PARAMETERS.get(name, name) if dialect == "ActiveSync" else name


def canonical(name: str) -> str:
    """The newer name of a policy parameter or property."""
    return NEWER_PARAMETERS.get(name, name)


def successor_parameter(cmdlet: str, parameter: str) -> str:
    """The name that a parameter of an older cmdlet has in its successor."""
    successor = table()[cmdlet].successor
    known = table()[successor].parameters if successor else {}
    return parameter if parameter in known else canonical(parameter)


def policy_cmdlet(dialect: Dialect) -> Cmdlet:
    """The table's entry that says which settings a policy has."""
    return table()[cmdlet_for("set policy", dialect)]


def policy_settings(dialect: Dialect) -> Mapping[str, str]:
    """Settings of a mailbox policy: the newer name -> the name in this dialect."""
    names = [
        name
        for name in policy_cmdlet(dialect).sets[0].allowed & policy_cmdlet(dialect).parameters.keys()
        if name not in _NOT_SETTINGS
    ]
    common = table()["Get-Command"].parameters.keys()
    return {canonical(name): name for name in sorted(names) if name not in common}
