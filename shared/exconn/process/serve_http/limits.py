"""What one peer, and all peers together, may take of an HTTP server."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class HttpLimits:
    """Limits of connections in number and time.

    Where a limit of number is reached, a new connection takes the place of the one that has kept the server waiting
    longest; a request that is being worked on is never cut off for another.
    """

    #: Open connections of all peers.
    connections: int = 256
    #: Open connections of one peer, so that nobody takes them all.
    per_peer: int = 128
    #: From opening a connection, or from the answer before, to the last byte of the next request's headers.
    header_within: timedelta = timedelta(seconds=10)
    #: Between an answer and the first byte of the next request.
    idle_within: timedelta = timedelta(seconds=5)
    #: How long a peer may take nothing of an answer that waits for it.
    stalled_within: timedelta = timedelta(seconds=10)
