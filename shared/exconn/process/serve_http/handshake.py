"""The TLS handshake of one connection, which counts among the open ones and is timed from its first moment.

asyncio's own way tells of a connection only after its handshake, so that silent ones would be without number.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn.server import ServerState

from exconn.process.serve_http.certificate import ServerCertificate
from exconn.process.serve_http.open_connections import OpenConnections, peer_of
from exconn.process.serve_http.protocol import BoundedConfig, BoundedProtocol

#: A peer that does not end its TLS is not waited for longer.
GOODBYE_WITHIN_SECONDS = 1.0


def handshake_with(certificate: ServerCertificate) -> type[asyncio.Protocol]:
    """What uvicorn makes for each connection."""

    class WithCertificate(HandshakeProtocol):
        def __init__(
            self,
            config: BoundedConfig,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, certificate=certificate)

    return WithCertificate


class HandshakeProtocol(asyncio.Protocol):
    """Becomes a connection of HTTP when its handshake is done."""

    def __init__(
        self,
        config: BoundedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        certificate: ServerCertificate,
    ) -> None:
        self.peer = ""
        self.waiting_since: float | None = None
        self._loop = asyncio.get_running_loop()
        self._open_connections: OpenConnections = config.open_connections
        self._certificate = certificate
        self._within = config.limits.header_within.total_seconds()
        self._http: Callable[[], BoundedProtocol] = lambda: BoundedProtocol(config, server_state, app_state)
        self._transport: asyncio.Transport | None = None
        self._early = bytearray()
        self._task: asyncio.Task[None] | None = None

    def drop(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected."""
        plain = cast("asyncio.Transport", transport)
        self._transport = plain
        address = plain.get_extra_info("peername")
        self.peer = peer_of(address[0]) if address else ""
        self.waiting_since = self._loop.time()
        if not self._open_connections.enter(self):
            # It cannot be told that there is no room: an answer needs a handshake.
            self.drop()
            self._open_connections.leave(self)
            return
        self._task = self._loop.create_task(self._shake_hands(plain))

    def data_received(self, data: bytes) -> None:
        """The first bytes of a request, while the handshake is not yet told of."""
        self._early += data

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is closed, by whomever."""
        self._open_connections.leave(self)

    async def _shake_hands(self, plain: asyncio.Transport) -> None:
        try:
            secured = await self._loop.start_tls(
                plain,
                self,
                self._certificate.context,
                server_side=True,
                ssl_handshake_timeout=self._within,
                ssl_shutdown_timeout=GOODBYE_WITHIN_SECONDS,
            )
        except OSError:
            # No TLS, another version, a time-out or a peer that went away: none of it is ours to tell.
            plain.abort()
            return
        finally:
            self._open_connections.leave(self)
        if secured is None or secured.is_closing():
            return
        http = self._http()
        secured.set_protocol(http)
        http.connection_made(secured)
        if self._early:
            http.data_received(bytes(self._early))
