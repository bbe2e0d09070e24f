"""The HTTP side of intake: requests in, answers out; bounded in size, time and number."""

import asyncio
from typing import Annotated

import redis
from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from exconn.contracts import Answer
from exconn.contracts.request import MAX_ENVELOPE
from exconn.intake.http_status import http_status
from exconn.intake.queue_health import QueueHealth
from exconn.intake.receive import Receiver
from exconn.ledger import LedgerOutOfReachError
from exconn.signing import RegistryError

#: A slow sender holds a connection no longer than this.
BODY_WITHIN_SECONDS = 5

Word = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class BodyError(Exception):
    """The body of a request is too long or comes too slowly."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)


def create_app(reception: Receiver, ear: QueueHealth | None = None) -> FastAPI:
    """The application over `reception`; `ear` is that of the door, where there is one."""
    # The interactive pages would load scripts from elsewhere; the schema itself stays at /openapi.json.
    app = FastAPI(title="exconn intake", version="1", docs_url=None, redoc_url=None)

    @app.post("/v1/requests", status_code=202, response_model=Answer)
    async def submit(request: Request) -> Response:
        """Admit a signed request: the body is an Envelope."""
        try:
            body = await _body(request)
        except BodyError as exc:
            remedy = "send an envelope of at most 64 KB at once"
            answer = Answer(status="refused", request="", error="malformed", text=exc.text, remedy=remedy)
            return _answered(answer, exc.status)
        answer = await run_in_threadpool(reception.receive, body, way="http")
        return _answered(answer, http_status(answer))

    @app.get("/v1/requests/{requester}/{nonce}", response_model=Answer)
    def first_answer(requester: Word, nonce: Word) -> Response:
        """The first answer to a request."""
        found = reception.desk.answers.find(requester, nonce)
        if found is None:
            return _problem(404, "unknown_request", "no such request was answered", "send it (again)")
        return _answered(found, 200)

    @app.get("/health")
    def health() -> Response:
        """Whether requests can be accepted now. A door that hears nothing does not close the way over HTTP."""
        problems = _problems(reception)
        status: dict[str, object] = {"status": "unhealthy", "problems": problems} if problems else {"status": "ok"}
        if ear is not None and (deaf := ear.problem()):
            status["door"] = deaf
        return JSONResponse(status, 503 if problems else 200, headers=_NO_STORE)

    app.add_exception_handler(RequestValidationError, _bad_path)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(redis.RedisError, _out_of_reach)
    return app


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_ENVELOPE:
                    raise BodyError(413, f"the body is longer than {MAX_ENVELOPE} bytes")
    except TimeoutError as exc:
        raise BodyError(408, f"the body did not arrive within {BODY_WITHIN_SECONDS} seconds") from exc
    return bytes(body)


def _problems(reception: Receiver) -> list[str]:
    problems = []
    try:
        reception.desk.ledger.time()
    except LedgerOutOfReachError:
        problems.append("the ledger does not answer")
    try:
        reception.desk.registry()
    except RegistryError:
        problems.append("the registry of requesters is unusable")
    return problems


def _answered(answer: Answer, status: int) -> Response:
    headers = _NO_STORE | ({"Retry-After": "2"} if status == 503 else {})
    return Response(answer.model_dump_json(), status, media_type="application/json", headers=headers)


def _problem(status: int, error: str, text: str, remedy: str) -> Response:
    return JSONResponse({"error": error, "text": text, "remedy": remedy}, status, headers=_NO_STORE)


def _bad_path(_request: Request, _exc: Exception) -> Response:
    return _problem(400, "bad_path", "the path holds no requester and nonce", "see /openapi.json")


def _http_problem(_request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    return _problem(status, "not_found" if status == 404 else "not_allowed", "no such call", "see /openapi.json")


def _out_of_reach(_request: Request, _exc: Exception) -> Response:
    return _problem(503, "unreachable", "the ledger does not answer", "ask again")
