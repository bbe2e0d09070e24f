"""Domain controllers that learn of a change one after the other.

A change is known at once to the controller that it was made on, and to the others later. What they show until then is
the present state with the changed entries as they were. Mailboxes are not in the directory: wipes and sync states are
the same everywhere.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any

from exconn.simulator.errors import BadRequest
from exconn.simulator.organization.directory import DOMAIN_CONTROLLERS, DeviceChange
from exconn.simulator.organization.domains import Forest
from exconn.simulator.organization.organization import Organization
from exconn.simulator.organization.world import World
from exconn.simulator.protocol.prepared import Kept

#: The parts of the directory that are compared entry by entry.
_PARTS = ("policies", "rules", "_mailboxes")


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The directory before a change."""

    parts: dict[str, dict[int, Any]]
    settings: Any
    removed: frozenset[int]
    devices: int


@dataclass(frozen=True, slots=True)
class _Change:
    """What the other controllers do not know yet."""

    made: float
    controller: str
    before: _Snapshot


class Replication:
    """What each controller shows. `answering` is the one that answers whoever names none."""

    def __init__(self, delay_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.delay_seconds = delay_seconds
        self.answering = DOMAIN_CONTROLLERS[0]
        self._clock = clock
        self._lock = RLock()
        self._changes: list[_Change] = []

    def seen_by(self, controller: str, world: World) -> World:
        """The world as a controller shows it."""
        if controller.lower() == DOMAIN_CONTROLLERS[0] and not self._changes:
            return world
        with self._lock:
            self._forget_old()
            unknown = next((c for c in self._changes if c.controller.lower() != controller.lower()), None)
            # Always a copy: what is kept ready names the controller that showed it.
            seen = copy(world.organization)
            seen.shown = Kept(world.organization.lock)
            if unknown is not None:
                _take_back(seen, unknown.before)
            return replace(world, organization=seen)

    @contextmanager
    def changing(self, controller: str, organization: Organization) -> Iterator[None]:
        """While something is changed on a controller."""
        if not self.delay_seconds:
            yield
            return
        with self._lock:
            self._forget_old()
            before = _snapshot(organization)
            try:
                yield
            finally:
                self._changes.append(_Change(self._clock(), controller, before))

    def set(self, delay_seconds: float, answering: str) -> None:
        """Another delay, and another controller that answers."""
        with self._lock:
            self.delay_seconds, self.answering = delay_seconds, answering
            if not delay_seconds:
                self._changes.clear()

    def _forget_old(self) -> None:
        oldest = self._clock() - self.delay_seconds
        self._changes = [change for change in self._changes if change.made > oldest]


def _snapshot(organization: Organization) -> _Snapshot:
    with organization.lock:
        return _Snapshot(
            parts={name: deepcopy(getattr(organization, name)) for name in _PARTS},
            settings=deepcopy(organization.settings),
            removed=frozenset(n for n, change in organization._changes.items() if change.removed),
            devices=organization.last_number,
        )


def _take_back(seen: Organization, before: _Snapshot) -> None:
    for name, entries in before.parts.items():
        setattr(seen, name, entries)
    seen.settings = before.settings
    changes: dict[int, DeviceChange] = dict(seen._changes)
    for number, change in seen._changes.items():
        removed = number in before.removed or number >= before.devices
        if change.removed != removed:
            changes[number] = replace(change, removed=removed)
    seen._changes = changes


class DirectoryOrders:
    """`GET /directory`, `POST /directory` with `delay_seconds`, `answering`."""

    def __init__(self, replication: Replication, forest: Forest) -> None:
        self._replication = replication
        self._controllers = forest.controllers

    @property
    def routes(self) -> dict[tuple[str, str], Callable[[list[str], dict[str, str], dict[str, Any]], dict[str, Any]]]:
        """What the control port offers."""
        return {("GET", "directory"): self._show, ("POST", "directory"): self._order}

    def _show(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        present = self._replication
        return {
            "controllers": list(self._controllers),
            "answering": present.answering,
            "delay_seconds": present.delay_seconds,
        }

    def _order(self, _path: list[str], _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        delay = body.get("delay_seconds", self._replication.delay_seconds)
        answering = body.get("answering", self._replication.answering)
        if answering not in self._controllers or not isinstance(delay, int | float) or not 0 <= delay <= 3600:
            remedy = f"delay_seconds from 0 to 3600, answering one of {', '.join(self._controllers)}"
            raise BadRequest("the order can't be carried out", remedy)
        self._replication.set(float(delay), answering)
        return self._show([], {}, {})
