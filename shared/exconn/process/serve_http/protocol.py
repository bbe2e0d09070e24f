"""uvicorn's HTTP protocol with bounds: uvicorn times nothing but the silence after an answer, and its limit of
connections refuses everybody once silent ones have filled it.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import uvicorn
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from exconn.contracts.refusals import REFUSALS, Refusal
from exconn.process.serve_http.limits import HttpLimits
from exconn.process.serve_http.open_connections import OpenConnections, peer_of
from exconn.process.serve_http.two_lengths import OneLength

BUSY = {"error": Refusal.BUSY.value, "text": REFUSALS[Refusal.BUSY].meaning, "remedy": "ask again"}
_BUSY_HEADERS = {"Connection": "close", "Cache-Control": "no-store", "Retry-After": "2"}


class BoundedConfig(uvicorn.Config):
    """The configuration of one server, with the room that its connections share."""

    def __init__(
        self, app: Any, limits: HttpLimits, *, stop_within: int, http: "type[asyncio.Protocol] | None" = None
    ) -> None:
        self.limits = limits
        self.open_connections = OpenConnections(limits)
        super().__init__(
            OneLength(app),
            http=http or BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=int(limits.idle_within.total_seconds()),
            timeout_graceful_shutdown=stop_within,
        )


class BoundedProtocol(H11Protocol):
    """One connection: its request's headers and its peer's reading are timed, and it needs room."""

    def __init__(
        self,
        config: BoundedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.peer = ""
        self._open_connections = config.open_connections
        self._waits_since = self.loop.time()
        self._unsent = 0
        self._header_timer = _Timer(self.loop, config.limits.header_within, self.drop)
        self._stalled_timer = _Timer(self.loop, config.limits.stalled_within, self._drop_stalled)

    @property
    def waiting_since(self) -> float | None:
        """Since when the peer is awaited, for bytes of a request or to take the answer; None in between."""
        works = self._has_request() and not self.cycle.more_body and not self._stalled_timer.runs
        return None if works else self._waits_since

    def drop(self) -> None:
        """Close at once; what was not sent is not sent."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """A peer connected."""
        super().connection_made(transport)
        self.peer = peer_of(self.client[0]) if self.client else ""
        if not self._open_connections.enter(self):
            self.app = JSONResponse(BUSY, 503, headers=_BUSY_HEADERS)
        self._wait_for_header()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by whomever."""
        self._open_connections.leave(self)
        self._header_timer.stop()
        self._stalled_timer.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; only the last one of the headers ends their time."""
        super().data_received(data)
        if self._has_request():
            self._header_timer.stop()

    def on_response_complete(self) -> None:
        """An answer is given; the next request may be there already."""
        super().on_response_complete()
        self._wait_for_header()

    def pause_writing(self) -> None:
        """More of an answer waits than the peer takes at once."""
        super().pause_writing()
        self._waits_since = self.loop.time()
        self._unsent = self.transport.get_write_buffer_size()
        self._header_timer.stop()
        self._stalled_timer.start()

    def resume_writing(self) -> None:
        """The peer has taken most of it."""
        super().resume_writing()
        self._stalled_timer.stop()
        self._wait_for_header()

    def _has_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_header(self) -> None:
        if self._has_request() or self._stalled_timer.runs:
            return
        self._waits_since = self.loop.time()
        self._header_timer.start()

    def _drop_stalled(self) -> None:
        unsent, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        if self._unsent < unsent:
            self._stalled_timer.start()
        else:
            self.drop()


class _Timer:
    """Calls once, unless stopped before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, after: timedelta, call: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = after.total_seconds()
        self._call = call
        self._handle: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        return self._handle is not None

    def start(self) -> None:
        self.stop()
        self._handle = self._loop.call_later(self._seconds, self._call)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
