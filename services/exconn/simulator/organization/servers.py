"""The organization's servers: each with an address of its own, and a state that can be ordered.

They share the directory, the mailboxes and an account's quota of shells; a shell lives on the server that opened it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, RLock, Thread
from typing import Any, Literal, Protocol, get_args

from exconn.simulator.control.counters import Counters
from exconn.simulator.errors import BadRequest, ConnectionCut, HttpRefusal
from exconn.simulator.faults.faults import Faults
from exconn.simulator.organization.directory import DirectoryServer
from exconn.simulator.protocol.http import PowerShellEndpoint
from exconn.simulator.protocol.shell import ShellTable

#: `off` refuses connections and forgets the shells, `silent` takes requests and never answers, `slow` answers late,
#: `forbidden` and `refusing` answer 403 and 503.
State = Literal["on", "off", "silent", "slow", "forbidden", "refusing"]
STATES: tuple[str, ...] = get_args(State)


@dataclass
class ServerGate:
    """What strikes before a server reads a request: its state, then the faults that are ordered for all."""

    faults: Faults
    counters: Counters
    state: State = "on"
    seconds: float = 0.0
    #: Connections that were tried, and requests that were sent.
    connections: int = 0
    requests: int = 0
    changed: Event = field(default_factory=Event)

    def connection(self) -> None:
        """Raises ConnectionCut to refuse a new connection."""
        self.connections += 1
        self.faults.connection()

    def request(self) -> None:
        """Raises HttpRefusal to refuse a request, or keeps it waiting."""
        self.requests += 1
        state, changed = self.state, self.changed
        if state == "silent":
            changed.wait()
            raise ConnectionCut
        if state == "slow":
            changed.wait(self.seconds)
        if state == "forbidden":
            raise HttpRefusal(403, "Forbidden")
        if state == "refusing":
            raise HttpRefusal(503, "Service Unavailable")
        self.faults.request()

    def signed_in(self, *, accepted: bool) -> None:
        """A password was shown."""
        self.counters.sign_in(accepted=accepted)

    def enter(self, state: State, seconds: float) -> None:
        """Another state; requests that the old one kept waiting go on."""
        self.state, self.seconds = state, seconds
        changed, self.changed = self.changed, Event()
        changed.set()


class Open(Protocol):
    """Makes the endpoint of a server that listens."""

    def __call__(self, address: tuple[str, int], gate: ServerGate) -> PowerShellEndpoint:
        """The endpoint, bound to the address."""


class Front:
    """One server that can be reached."""

    def __init__(
        self, server: DirectoryServer, address: tuple[str, int], gate: ServerGate, *, shells: ShellTable, listen: Open
    ) -> None:
        self.server = server
        self.gate = gate
        self._shells = shells
        self._listen = listen
        self._lock = RLock()
        self._endpoint: PowerShellEndpoint | None = listen(address, gate)
        self.address: tuple[str, int] = (address[0], self._endpoint.server_address[1])

    def serve(self) -> None:
        """Answer requests in the background."""
        if self._endpoint is not None:
            name = f"PowerShell {self.server.name}"
            Thread(target=self._endpoint.serve_forever, args=(0.05,), name=name, daemon=True).start()

    def enter(self, state: State, seconds: float = 0.0) -> None:
        """Go into a state."""
        with self._lock:
            self.gate.enter(state, seconds)
            if state == "off":
                self._switch_off()
            elif self._endpoint is None:
                self._endpoint = self._listen(self.address, self.gate)
                self.serve()

    def _switch_off(self) -> None:
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.shutdown()
            endpoint.server_close()
            endpoint.cut_connections()
            self._shells.close_of(self.server.name)

    def close(self) -> None:
        """Stop listening."""
        with self._lock:
            self.gate.enter("off", 0.0)
            self._switch_off()

    def described(self, scheme: str) -> dict[str, Any]:
        """What the control port and `simulator.json` say of it."""
        host, port = self.address
        return {
            "name": self.server.name,
            "site": self.server.site,
            "version": self.server.version,
            "roles": self.server.roles,
            "url": f"{scheme}://{host}:{port}/PowerShell/",
            "state": self.gate.state,
            "connections": self.gate.connections,
            "requests": self.gate.requests,
        }


class ServerOrders:
    """`GET /servers`, `POST /servers/<name>` with a state (and seconds for `slow`)."""

    def __init__(self, fronts: list[Front], scheme: str) -> None:
        self._fronts = fronts
        self._scheme = scheme

    @property
    def routes(self) -> dict[tuple[str, str], Callable[[list[str], dict[str, str], dict[str, Any]], dict[str, Any]]]:
        """What the control port offers."""
        return {("GET", "servers"): self._show, ("POST", "servers"): self._order}

    def _show(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        return {"servers": [front.described(self._scheme) for front in self._fronts]}

    def _order(self, path: list[str], _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        name, state, seconds = path[0] if path else "", body.get("state"), body.get("seconds", 0)
        front = next((each for each in self._fronts if each.server.name.lower() == name.lower()), None)
        if front is None:
            known = ", ".join(each.server.name for each in self._fronts)
            raise BadRequest(f"no server {name!r} that can be reached", f"one of {known}", status=404)
        if state not in STATES or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise BadRequest(f"unknown state {state!r}", f'send {{"state": "off"}}, one of {", ".join(STATES)}')
        front.enter(state, float(seconds))
        return front.described(self._scheme)
