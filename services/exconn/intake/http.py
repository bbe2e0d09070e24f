"""The HTTP side of intake: requests in, answers out; bounded in size, time and number."""

import asyncio
import hashlib
from ipaddress import ip_address
from typing import Annotated

import redis
from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import MAX_ENVELOPE
from exconn.intake.http_answers import (
    ENVELOPE,
    NO_STORE,
    HttpProblem,
    answered,
    answers_by_status,
    http_status,
    problem,
    problems_of,
)
from exconn.intake.queue_health import QueueHealth
from exconn.intake.receive import Receiver
from exconn.ledger import LedgerOutOfReachError
from exconn.signing import RegistryError, SigningKey
from exconn.signing.errors import Refused

#: A slow sender holds a connection no longer than this.
BODY_WITHIN_SECONDS = 5

Word = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

_SEND_AT_ONCE = "send an envelope of at most 64 KB at once"
_SEE_SCHEMA = "see /openapi.json"


def create_app(
    receiver: Receiver, queue_health: QueueHealth | None = None, *, key: SigningKey | None = None
) -> FastAPI:
    """The application over `receiver`; `queue_health` is that of the Celery door, where there is one; `key` signs
    the answers.
    """
    # The interactive pages would load scripts from elsewhere; the schema itself stays at /openapi.json.
    app = FastAPI(
        title="exconn intake",
        version="1",
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": HttpProblem, "description": "Any other problem"}},
    )

    @app.post(
        "/v1/requests", status_code=202, response_model=Answer, responses=answers_by_status(), openapi_extra=ENVELOPE
    )
    async def submit(request: Request) -> Response:
        """Admit a signed request: the body is an Envelope."""
        body = b""
        try:
            body = await _body(request)
        except Refused as exc:
            answer = Answer(status="refused", request="", error=exc.error, text=exc.text, remedy=exc.remedy)
        else:
            answer = await run_in_threadpool(receiver.receive, body, way=_way(request))
        return answered(answer, http_status(answer), hashlib.sha256(body).hexdigest(), key)

    @app.get(
        "/v1/requests/{requester}/{nonce}",
        response_model=Answer,
        responses=problems_of(Refusal.BAD_PATH, Refusal.UNKNOWN_REQUEST, Refusal.UNREACHABLE),
    )
    def first_answer(requester: Word, nonce: Word) -> Response:
        """The first answer to a request."""
        found = receiver.context.answers.find(requester, nonce)
        if found is None:
            return problem(Refusal.UNKNOWN_REQUEST, "no such request was answered", "send it (again)")
        return answered(found.answer, 200, found.digest, key)

    @app.get("/health", responses={503: {"description": "Requests cannot be accepted now"}})
    def health() -> Response:
        """Whether requests can be accepted now. A silent Celery door does not close the way over HTTP."""
        problems = _problems(receiver)
        status: dict[str, object] = {"status": "unhealthy", "problems": problems} if problems else {"status": "ok"}
        if queue_health is not None and (unheard := queue_health.problem()):
            status["door"] = unheard
        return JSONResponse(status, 503 if problems else 200, headers=NO_STORE)

    app.add_exception_handler(RequestValidationError, _bad_path)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(redis.RedisError, _out_of_reach)
    return app


def _way(request: Request) -> str:
    """From this machine or from elsewhere.

    Not the address: behind a proxy it is the proxy's, else it may be a person's, and the key says better who asks.
    """
    try:
        is_local = request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        is_local = False
    return "http-loopback" if is_local else "http"


async def _body(request: Request) -> bytes:
    """The body. Raises Refused (too_long, too_slow)."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_ENVELOPE:
                    text = f"the body is longer than {MAX_ENVELOPE} bytes"
                    raise Refused(Refusal.TOO_LONG, text, remedy=_SEND_AT_ONCE)
    except (TimeoutError, ClientDisconnect) as exc:
        text = f"the body did not arrive within {BODY_WITHIN_SECONDS} seconds"
        raise Refused(Refusal.TOO_SLOW, text, remedy=_SEND_AT_ONCE) from exc
    return bytes(body)


def _problems(receiver: Receiver) -> list[str]:
    problems = []
    try:
        receiver.context.ledger.time()
    except LedgerOutOfReachError:
        problems.append("the ledger does not answer")
    try:
        receiver.context.registry()
    except RegistryError:
        problems.append("the registry of requesters is unusable")
    return problems


def _bad_path(_request: Request, _exc: Exception) -> Response:
    return problem(Refusal.BAD_PATH, "the path holds no requester and nonce", _SEE_SCHEMA)


def _http_problem(_request: Request, exc: Exception) -> Response:
    """What starlette refuses by itself: a path, or a method, with those that the path takes in `Allow`."""
    if isinstance(exc, HTTPException) and exc.status_code == 405:
        return problem(Refusal.METHOD_NOT_ALLOWED, "the path takes another method", _SEE_SCHEMA, exc.headers)
    return problem(Refusal.NOT_FOUND, "no such call", _SEE_SCHEMA)


def _out_of_reach(_request: Request, _exc: Exception) -> Response:
    return problem(Refusal.UNREACHABLE, "the ledger does not answer", "ask again")
