"""A defence, and how it is taken out: the control of an attack shows that this one is what holds it.

`python -m tests.faults.attack.without NAME exconn.intake` starts a service without the defence NAME.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from importlib import import_module
from typing import Any

from exconn.ledger import lua
from tests.support.fault_runs.walk.plants import Plant
from tests.support.system.server_users import Grants


@dataclass(frozen=True, kw_only=True)
class Defence:
    """What is different where the defence is missing; nothing else is."""

    #: What it does, in words.
    title: str
    #: `package.module:name` -> what stands there instead, in every service.
    patches: Mapping[str, Any] = field(default_factory=dict)
    #: Changed places in the ledger's functions.
    plants: tuple[Plant, ...] = ()
    #: Settings of every service.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: User -> server (broker, ledger) -> grants of deploy/access.toml that the user has beside its own, or has not.
    grants: Grants = field(default_factory=dict)
    no_grants: Grants = field(default_factory=dict)

    def take_out(self) -> None:
        """In this process, for the rest of its life."""
        for place, instead in self.patches.items():
            module, _, path = place.partition(":")
            *owners, name = path.split(".")
            owner = reduce(getattr, owners, import_module(module))
            if not hasattr(owner, name):
                raise ValueError(f"{module} has no {path} any more: adapt the defence {self.title!r}")
            setattr(owner, name, instead)
        if self.plants:
            setattr(lua, "_read", _planted(lua._read, self.plants))  # noqa: B010 - mypy takes a function for a constant
            lua.library.cache_clear()


def _planted(read: Callable[[str], str], plants: tuple[Plant, ...]) -> Callable[[str], str]:
    def changed(name: str) -> str:
        text = read(name)
        for plant in plants:
            if plant.script == name:
                if text.count(plant.text) != 1:
                    raise ValueError(f"{name}.lua has no longer exactly one {plant.text!r}: adapt the defence")
                text = text.replace(plant.text, plant.instead)
        return text

    return changed
