"""What a session exposes, by `Get-Command`: the account's roles decide which cmdlets and parameters exist."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exconn.exchange.cmdlets import table
from exconn.exchange.dialect import Dialect, successor_parameter


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


def dialect_of(exposed: Exposed) -> Dialect:
    """The newer names wherever the session has them."""
    return "MobileDevice" if "get-mobiledevice" in exposed else "ActiveSync"


def is_met(requirement: Requirement, exposed: Exposed) -> bool:
    """Does the session have the cmdlet or its successor, with every parameter?"""
    return any(_has(name, requirement, exposed) for name in family(requirement.cmdlet))


def _has(name: str, requirement: Requirement, exposed: Exposed) -> bool:
    if name.lower() not in exposed:
        return False
    parameters = exposed[name.lower()]
    if parameters is None:
        return True
    renamed = name != requirement.cmdlet
    wanted = (successor_parameter(requirement.cmdlet, p) if renamed else p for p in requirement.parameters)
    return all(parameter.lower() in parameters for parameter in wanted)
