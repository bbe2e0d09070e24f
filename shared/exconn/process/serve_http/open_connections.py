"""The open connections of a server: a new one closes those that have kept the server waiting longest."""

import ipaddress
from collections.abc import Iterable
from typing import Protocol

from exconn.process.serve_http.limits import HttpLimits


class PeerConnection(Protocol):
    """One connection."""

    @property
    def peer(self) -> str:
        """Whose it is."""
        ...

    @property
    def waiting_since(self) -> float | None:
        """Since when the server waits for bytes of a request, in seconds of any clock; None while it works on one."""
        ...

    def drop(self) -> None:
        """Close it at once."""
        ...


class OpenConnections:
    """The open connections of one server. For one thread."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._open: set[PeerConnection] = set()

    def enter(self, connection: PeerConnection) -> bool:
        """Take a new connection in; False when all that could make room for it are being worked for."""
        of_peer = [each for each in self._open if each.peer == connection.peer]
        fits = self._make_room(of_peer, self._limits.per_peer) and self._make_room(self._open, self._limits.connections)
        self._open.add(connection)
        return fits

    def leave(self, connection: PeerConnection) -> None:
        """A connection is closed."""
        self._open.discard(connection)

    def _make_room(self, connections: Iterable[PeerConnection], most: int) -> bool:
        left = set(connections)
        while len(left) >= most:
            waiting = [(each.waiting_since, each) for each in left if each.waiting_since is not None]
            if not waiting:
                return False
            _, longest = min(waiting, key=lambda found: found[0])
            left.discard(longest)
            self._open.discard(longest)
            longest.drop()
        return True


def peer_of(address: str) -> str:
    """Whose an address is: of IPv6, a network of 64 bits is one peer, as each machine has a whole one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
