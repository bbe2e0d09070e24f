"""The monitor's web application: API, pages and metrics on one port, all of them read-only."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from exconn.logs import get_logger
from exconn.monitor.answers.errors import AwayError, BadQuestionError, QuestionError
from exconn.monitor.answers.models import ErrorView
from exconn.monitor.answers.problems import problems
from exconn.monitor.answers.source import Source
from exconn.monitor.api import api_routes
from exconn.monitor.headers import SecurityHeaders
from exconn.monitor.metrics import metrics_route
from exconn.monitor.pages import page_of_error, page_routes, static_files

logger = get_logger(__name__)

METHOD_NOT_ALLOWED = 405
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": ErrorView,
        "description": "The parameter in `field` cannot be used",
    },
    404: {"model": ErrorView, "description": "There is no such thing"},
    503: {"model": ErrorView, "description": "The part that knows the answer is out of reach"},
    "default": {"model": ErrorView, "description": "Any other error"},
}


def create_app(
    source: Source, *, names: Collection[str] | None = None, stopping: Callable[[], bool] = lambda: False
) -> FastAPI:
    """The application over `source`. `names` are the host names that requests may carry; None accepts any."""
    # The interactive pages would load scripts from elsewhere; the schema itself stays at /openapi.json.
    app = FastAPI(title="exconn monitor", version="1", docs_url=None, redoc_url=None)
    app.state.problems = partial(problems, source)
    app.include_router(api_routes(source, stopping), responses=_ERRORS)
    app.include_router(metrics_route(source))
    app.include_router(page_routes(source), include_in_schema=False)
    app.mount("/static", static_files())
    app.add_middleware(SecurityHeaders, names=names)
    app.add_exception_handler(QuestionError, _answer_question_error)
    app.add_exception_handler(RequestValidationError, _answer_bad_parameter)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(SQLAlchemyError, _answer_database_error)
    return app


def _answer_question_error(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, QuestionError):
        raise exc
    error = ErrorView(error=exc.error, text=exc.text, remedy=exc.remedy, field=exc.field)
    return page_of_error(request, error, status=exc.status)


def _answer_bad_parameter(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, RequestValidationError):
        raise exc
    first = exc.errors()[0]
    parameter = str(first["loc"][-1])
    return _answer_question_error(
        request, BadQuestionError(parameter, str(first["msg"]), remedy="see /openapi.json for what it takes")
    )


def _answer_http_error(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, HTTPException):
        raise exc
    unknown = exc.status_code == 404
    error = ErrorView(
        error="not_found" if unknown else "not_allowed",
        text=str(exc.detail),
        remedy="see /openapi.json for what there is" if unknown else "the monitor only reads; use the exconn command",
    )
    return page_of_error(request, error, status=exc.status_code, headers=_headers(exc))


def _headers(exc: HTTPException) -> Mapping[str, str]:
    """What the error brings; an answer that refuses a method names those that there are."""
    allowed = {"Allow": "GET"} if exc.status_code == METHOD_NOT_ALLOWED else {}
    return allowed | dict(exc.headers or {})


def _answer_database_error(request: Request, exc: Exception) -> Response:
    logger.error("database failed", reason=type(exc).__name__)
    return _answer_question_error(request, AwayError("database", remedy="look at the monitor's log"))
