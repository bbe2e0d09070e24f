"""What a session exposes, by `Get-Command`: the account's roles decide which cmdlets and parameters exist."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exconn.exchange.cmdlets.dialect import Dialect, successor_parameter
from exconn.exchange.cmdlets.table import table


@dataclass(frozen=True, slots=True)
class Requirement:
    """A cmdlet that a feature needs, by its older name, and the parameters that it needs of it."""

    cmdlet: str
    parameters: tuple[str, ...] = ()


#: Cmdlet name in lower case -> its parameters in lower case, or None where the session did not say.
Exposed = Mapping[str, frozenset[str] | None]


def parse_commands(records: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str] | None]:
    """What `Get-Command` answered."""
    return {str(record.get("Name", "")).lower(): _parameter_names(record.get("Parameters")) for record in records}


def _parameter_names(value: object) -> frozenset[str] | None:
    # A dictionary of name and metadata; serialized flat, it may come as its keys alone.
    if isinstance(value, (Mapping, list, tuple)):
        return frozenset(str(name).lower() for name in value)
    return None


def family(cmdlet: str) -> tuple[str, ...]:
    """The cmdlet and its successor if it has one."""
    entry = table().get(cmdlet)
    return (cmdlet, entry.successor) if entry and entry.successor else (cmdlet,)


_OLDER, _NEWER, _NEWER_POLICIES = "get-activesyncdevice", "get-mobiledevice", "get-mobiledevicemailboxpolicy"
#: By these it is told which family a session speaks: every account may read devices or policies.
TELLING = ("Get-ActiveSyncDevice", "Get-MobileDevice", "Get-MobileDeviceMailboxPolicy")


def dialect_of(exposed: Exposed) -> Dialect:
    """The newer names wherever the session has them; of an account that reads no devices policies tell."""
    newer = _NEWER in exposed or (_NEWER_POLICIES in exposed and _OLDER not in exposed)
    return "MobileDevice" if newer else "ActiveSync"


@dataclass(frozen=True, slots=True)
class Lack:
    """What a session lacks of a requirement, by the name that would be sent; no parameters: the whole cmdlet."""

    cmdlet: str
    parameters: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.parameters:
            return self.cmdlet
        return f"{self.cmdlet} {', '.join(f'-{name}' for name in self.parameters)}"


def sent_name(cmdlet: str, dialect: Dialect) -> str:
    """The name under which a cmdlet of the older family travels in a dialect."""
    return family(cmdlet)[-1] if dialect == "MobileDevice" else cmdlet


def lack_of(requirement: Requirement, exposed: Exposed, dialect: Dialect) -> Lack | None:
    """What is hidden of what would be sent in this dialect; None when nothing is."""
    name = sent_name(requirement.cmdlet, dialect)
    if name.lower() not in exposed:
        return Lack(name)
    shown = exposed[name.lower()]
    if shown is None:
        return None
    renamed = name != requirement.cmdlet
    wanted = (successor_parameter(requirement.cmdlet, p) if renamed else p for p in requirement.parameters)
    hidden = tuple(parameter for parameter in wanted if parameter.lower() not in shown)
    return Lack(name, hidden) if hidden else None
