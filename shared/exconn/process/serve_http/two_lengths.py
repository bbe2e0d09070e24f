"""Requests that say their length twice: a proxy in front and this server could see different requests in them."""

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from exconn.contracts.refusals import Refusal

REFUSED: dict[str, Any] = {
    "error": Refusal.MALFORMED.value,
    "text": "both Content-Length and Transfer-Encoding are given",
    "remedy": "send one of them",
}
_REFUSAL = JSONResponse(REFUSED, 400, headers={"Connection": "close", "Cache-Control": "no-store"})


class OneLength:
    """Refuses such requests before the application sees them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name for name, _ in scope.get("headers", ())}
        said_twice = {b"content-length", b"transfer-encoding"} <= names
        await (_REFUSAL if said_twice else self._app)(scope, receive, send)
