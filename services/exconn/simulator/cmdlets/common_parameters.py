"""The parameters that every cmdlet has, with PowerShell's own aliases and values."""

from typing import Any

from exconn.simulator.cmdlets.values import Unconvertible

COMMON_SWITCHES = frozenset({"Debug", "Verbose"})
#: Aliases of PowerShell's common parameters, from its page about_CommonParameters.
COMMON_ALIASES = {
    "db": "Debug",
    "ea": "ErrorAction",
    "ev": "ErrorVariable",
    "infa": "InformationAction",
    "iv": "InformationVariable",
    "ob": "OutBuffer",
    "ov": "OutVariable",
    "pv": "PipelineVariable",
    "vb": "Verbose",
    "wa": "WarningAction",
    "wv": "WarningVariable",
}
_ACTIONS = ("SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", "Suspend")


def common_value(name: str, value: Any) -> Any:
    """A common parameter's value; Unconvertible for an action that there is not."""
    if name in COMMON_SWITCHES:
        return True if value is None else bool(value)
    return _action(value) if name.endswith("Action") else value


def _action(value: Any) -> str:
    """By name or number: an ActionPreference."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(_ACTIONS):
        return _ACTIONS[value]
    wanted = str(value).strip().lower()
    for number, name in enumerate(_ACTIONS):
        if wanted in (name.lower(), str(number)):
            return name
    raise Unconvertible(
        f'Cannot convert value "{value}" to type "System.Management.Automation.ActionPreference". Error: "Unable to '
        f"match the identifier name {value} to a valid enumerator name. Specify one of the following enumerator names "
        f'and try again:\r\n{", ".join(_ACTIONS)}"'
    )
