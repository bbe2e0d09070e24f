"""Faults on order: which, for which cmdlet, how often, after how many, how likely."""

import random
from dataclasses import asdict, dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from exconn.simulator.errors import ConnectionCut, HttpRefusal, SimulatorError
from exconn.simulator.oracle import matches_cmdlet

#: Before the request is looked at, when meant for every cmdlet.
AT_THE_DOOR = ("refuse", "refuse_connection", "unauthorized")
KINDS = (
    *AT_THE_DOOR,
    "shell_gone",
    "slow",
    "slow_answer",
    "drop_answer",
    "error",
    "missing_cmdlet",
    "malformed",
)


class UnknownFault(SimulatorError):
    """A fault order that can't be read."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(slots=True)
class Fault:
    """One order."""

    id: int
    kind: str
    cmdlet: str = "*"
    times: int = 1
    after: int = 0
    seconds: float = 2.0
    probability: float = 1.0
    struck: int = field(default=0)


class Faults:
    """The open orders."""

    def __init__(self, seed: int) -> None:
        self._lock = Lock()
        self._ids = count(1)
        self._orders: dict[int, Fault] = {}
        self._dice = random.Random(seed)

    def order(self, wanted: dict[str, Any]) -> Fault:
        """Take an order; UnknownFault names what is wrong with it."""
        kind = wanted.get("kind")
        if kind not in KINDS:
            raise UnknownFault(f"unknown kind {kind!r}; one of {', '.join(KINDS)}")
        unknown = wanted.keys() - {"kind", "cmdlet", "times", "after", "seconds", "probability"}
        if unknown:
            raise UnknownFault(f"unknown field {sorted(unknown)[0]!r}")
        with self._lock:
            fault = Fault(next(self._ids), **wanted)
            self._orders[fault.id] = fault
            return fault

    def open(self) -> list[dict[str, Any]]:
        """All orders."""
        with self._lock:
            return [asdict(f) for f in self._orders.values()]

    def cancel(self, fault_id: int | None = None) -> bool:
        """Cancel one order, or all; whether there was something to cancel."""
        with self._lock:
            if fault_id is None:
                self._orders.clear()
                return True
            return self._orders.pop(fault_id, None) is not None

    def strike(self, kind: str, cmdlet: str) -> Fault | None:
        """Use up one fault of that kind for that cmdlet, if one is due."""
        with self._lock:
            for fault in self._orders.values():
                at_the_door = kind in AT_THE_DOOR and fault.cmdlet == "*"
                if fault.kind != kind or at_the_door or not matches_cmdlet(fault.cmdlet, cmdlet):
                    continue
                if self._is_due(fault):
                    return self._used(fault)
        return None

    def _is_due(self, fault: Fault) -> bool:
        if fault.after > 0:
            fault.after -= 1
            return False
        return fault.probability >= 1 or self._dice.random() < fault.probability

    def _used(self, fault: Fault) -> Fault:
        fault.struck += 1
        if fault.times > 0 and fault.struck >= fault.times:
            del self._orders[fault.id]
        return fault

    def hides(self, cmdlet: str) -> bool:
        """Whether a cmdlet is to look missing; looking does not use the order up."""
        with self._lock:
            return any(f.kind == "missing_cmdlet" and matches_cmdlet(f.cmdlet, cmdlet) for f in self._orders.values())

    # The gate of the HTTP endpoint

    def connection(self) -> None:
        """Refuse a new connection, if ordered for everything."""
        if self._strike_all("refuse_connection"):
            raise ConnectionCut

    def request(self) -> None:
        """Refuse a request, if ordered for everything."""
        if self._strike_all("refuse"):
            raise HttpRefusal(503, "Service Unavailable")
        if self._strike_all("unauthorized"):
            raise HttpRefusal(401, "Unauthorized")

    def _strike_all(self, kind: str) -> Fault | None:
        with self._lock:
            for fault in self._orders.values():
                if fault.kind == kind and fault.cmdlet == "*" and self._is_due(fault):
                    return self._used(fault)
        return None

    def command(self, cmdlet: str) -> None:
        """The same for one cmdlet, before it runs."""
        if self.strike("refuse_connection", cmdlet):
            raise ConnectionCut
        if self.strike("refuse", cmdlet):
            raise HttpRefusal(503, "Service Unavailable")
        if self.strike("unauthorized", cmdlet):
            raise HttpRefusal(401, "Unauthorized")
