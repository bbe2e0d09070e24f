"""The processes that `exconn run` starts, and where each keeps its settings."""

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from exconn.cli.command_errors import bad_input

if TYPE_CHECKING:
    from exconn.settings import Settings


@dataclass(frozen=True)
class ServiceRow:
    """One process: what it does, and the classes of its settings as `module:class`."""

    about: str
    settings: tuple[str, ...]


_SERVERS = "exconn.settings:RedisSettings"
_PROCESS = "exconn.settings:ServiceSettings"
_WORKER = "exconn.doorbell:WorkerSettings"
_REGISTRY = "exconn.signing:RegistrySettings"
_INTAKE_KEY = "exconn.signing:IntakeKeySettings"
_INTAKE_PUBLIC = "exconn.signing:IntakePublicKeySettings"
_ACTIONS_KEY = "exconn.signing:ActionsKeySettings"
_ACTIONS_PUBLIC = "exconn.signing:ActionsPublicKeySettings"
_EXCHANGE = "exconn.sessions:ExchangeSettings"

SERVICES = {
    "coordinator": ServiceRow(
        "due slots, installations, reconciling", (_SERVERS, _PROCESS, "exconn.coordinator.settings:*")
    ),
    "intake": ServiceRow(
        "admits requests over HTTP and Celery", (_SERVERS, _PROCESS, _REGISTRY, _INTAKE_KEY, "exconn.intake.settings:*")
    ),
    "discovery": ServiceRow("reads devices and owners", (_WORKER, _EXCHANGE, "exconn.discovery.settings:*")),
    "policy": ServiceRow("compares and writes mailbox policy", (_WORKER, _EXCHANGE, "exconn.policy.settings:*")),
    "actions": ServiceRow(
        "acts on single devices",
        (_WORKER, _EXCHANGE, _REGISTRY, _INTAKE_PUBLIC, _ACTIONS_KEY, "exconn.actions.settings:*"),
    ),
    "monitor": ServiceRow(
        "read model, API and pages",
        (_SERVERS, _PROCESS, _ACTIONS_PUBLIC, "exconn.monitor.settings:*", "exconn.monitor.audit.settings:*"),
    ),
    "simulator": ServiceRow("a made-up Exchange", ("exconn.simulator.settings:*",)),
}


def service_row(name: str) -> ServiceRow:
    """The row of a service. Raises CommandError."""
    row = SERVICES.get(name)
    if row is None:
        near = difflib.get_close_matches(name, SERVICES, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"one of: {', '.join(SERVICES)}"
        bad_input(f"no service is called {name!r}", remedy=remedy)
    return row


def settings_of(name: str) -> "list[type[Settings]]":
    """The settings classes of a service, in the order in which people read them."""
    found: list[type[Settings]] = []
    for place in service_row(name).settings:
        module, _, wanted = place.partition(":")
        found += [cls for cls in _classes(module, wanted) if cls not in found]
    return found


def _classes(module: str, wanted: str) -> "list[type[Settings]]":
    # By name and not by import: services are started, not imported; their settings classes are looked at here only.
    from pydantic_settings import BaseSettings

    try:
        loaded = import_module(module)
    except ModuleNotFoundError as exc:
        if exc.name != module:
            raise
        return []
    if wanted != "*":
        return [getattr(loaded, wanted)]
    own = [value for value in vars(loaded).values() if isinstance(value, type) and value.__module__ == module]
    # Also those of the simulator, which shares no base with the rest; what is shown of them is the same.
    return [cast("type[Settings]", cls) for cls in own if issubclass(cls, BaseSettings)]
