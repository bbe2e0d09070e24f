"""Faults on order: which, for which cmdlet, how often, after how many, how likely."""

import random
import time
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exconn.simulator.control.oracle import matches_cmdlet
from exconn.simulator.errors import ConnectionCut, HttpRefusal, SimulatorError
from exconn.simulator.faults.bad_requests import KINDS as BAD_REQUESTS
from exconn.simulator.faults.bad_requests import BadRequestKind, bad_request
from exconn.simulator.faults.hostile import KINDS as HOSTILE
from exconn.simulator.faults.hostile import HostileKind

OwnKind = Literal[
    "refuse",
    "refuse_connection",
    "unauthorized",
    "shell_gone",
    "throttled",
    "slow",
    "slow_answer",
    "drop_answer",
    "lost_call",
    "no_state",
    "malformed",
    "error",
    "not_found",
    "referral",
    "missing_cmdlet",
    "micro_delay",
    "proxy_failed",
    "ssl_required",
    "remote_powershell_disabled",
    "access_denied",
    "too_many_shells",
    "too_many_shells_2010",
    "wrong_endpoint",
    "client_access_rule",
    "runspace_budget",
    "empty_fault",
    "busy",
    "flapping",
    "says_ok",
    "error_and_success",
    "error_beside",
    "without_guid",
    "unreadable_object",
    "noncharacters",
    "all_objects",
    "transient",
    "transient_after",
    "referral_after",
    "shell_dies",
]
KINDS: tuple[str, ...] = (*get_args(OwnKind), *BAD_REQUESTS, *HOSTILE)
#: Strike before the request is looked at, when meant for every cmdlet.
BEFORE_READING = ("refuse", "refuse_connection", "unauthorized", *BAD_REQUESTS)
#: The status and the reason of an answer without SOAP, which strike before the request is read only.
_WITHOUT_SOAP = {
    "refuse": (503, "Service Unavailable"),
    "busy": (429, "Too Many Requests"),
    "unauthorized": (401, "Unauthorized"),
    "ssl_required": (403, "Forbidden"),
    # Without a content type: how an account that may not use remote PowerShell is answered.
    "remote_powershell_disabled": (200, "OK"),
}


class UnknownFault(SimulatorError):
    """A fault order that can't be read."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class Order(BaseModel):
    """What may be ordered; `times` -1 is for ever."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: OwnKind | BadRequestKind | HostileKind
    cmdlet: str = "*"
    times: int = Field(default=1, ge=-1)
    after: int = Field(default=0, ge=0)
    seconds: float = Field(default=2.0, ge=0, le=3600)
    probability: float = Field(default=1.0, ge=0, le=1)
    #: The exception's name for an error that passes; one after the other of those known where none is named.
    type: str = Field(default="", max_length=100)
    #: How many error records come among the objects of a list, or how many of its first objects are spoiled.
    records: int = Field(default=1, ge=1, le=100_000)


@dataclass(slots=True)
class Fault:
    """An order with its number, and how much of it is used up."""

    id: int
    order: Order
    passed: int = 0
    struck: int = 0
    since: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long, for the slow ones."""
        return self.order.seconds

    def is_for(self, kind: str, cmdlet: str) -> bool:
        """Whether it is meant for that."""
        return self.order.kind == kind and matches_cmdlet(self.order.cmdlet, cmdlet)


class Faults:
    """The open orders."""

    def __init__(self, seed: int) -> None:
        self._lock = Lock()
        self._ids = count(1)
        self._orders: dict[int, Fault] = {}
        self._dice = random.Random(seed)

    def order(self, wanted: dict[str, Any]) -> Fault:
        """Take an order; UnknownFault names what is wrong with it."""
        try:
            order = Order.model_validate(wanted)
        except ValidationError as exc:
            first = exc.errors()[0]
            raise UnknownFault(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc
        with self._lock:
            fault = Fault(next(self._ids), order)
            self._orders[fault.id] = fault
            return fault

    def open(self) -> list[dict[str, Any]]:
        """All orders."""
        with self._lock:
            return [{"id": f.id, **f.order.model_dump(), "struck": f.struck} for f in self._orders.values()]

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
                at_the_door = kind in BEFORE_READING and fault.order.cmdlet == "*"
                if fault.is_for(kind, cmdlet) and not at_the_door and self._is_due(fault):
                    return self._used(fault)
        return None

    def _is_due(self, fault: Fault) -> bool:
        if fault.passed < fault.order.after:
            fault.passed += 1
            return False
        return fault.order.probability >= 1 or self._dice.random() < fault.order.probability

    def _used(self, fault: Fault) -> Fault:
        fault.struck += 1
        if 0 <= fault.order.times <= fault.struck:
            del self._orders[fault.id]
        return fault

    def hostile(self, cmdlet: str) -> Fault | None:
        """Use up one order for a hostile answer to that cmdlet, of whichever kind."""
        return next((f for kind in HOSTILE if (f := self.strike(kind, cmdlet)) is not None), None)

    def hides(self, cmdlet: str) -> bool:
        """Whether a cmdlet is to look missing; looking does not use the order up."""
        with self._lock:
            return any(f.is_for("missing_cmdlet", cmdlet) for f in self._orders.values())

    # The gate of the HTTP endpoint

    def connection(self) -> None:
        """Refuse a new connection, if ordered for everything."""
        if self._strike_all("refuse_connection") or self._is_down():
            raise ConnectionCut

    def _is_down(self) -> bool:
        """Whether a flapping server is down now: it goes down when it is ordered, and is up as long as down."""
        with self._lock:
            flapping = [f for f in self._orders.values() if f.order.kind == "flapping"]
            now = time.monotonic()
            return any(int((now - f.since) / max(f.seconds, 0.05)) % 2 == 0 for f in flapping)

    def request(self) -> None:
        """Refuse a request, if ordered for everything."""
        if self._is_down():
            raise ConnectionCut
        for kind, (status, reason) in _WITHOUT_SOAP.items():
            if self._strike_all(kind):
                raise HttpRefusal(status, reason)
        for kind in BAD_REQUESTS:
            if self._strike_all(kind):
                raise bad_request(kind)

    def _strike_all(self, kind: str) -> Fault | None:
        with self._lock:
            for fault in self._orders.values():
                if fault.order.kind == kind and fault.order.cmdlet == "*" and self._is_due(fault):
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
        for kind in BAD_REQUESTS:
            if self.strike(kind, cmdlet):
                raise bad_request(kind)
