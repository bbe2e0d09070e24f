"""Templates and static files of the pages."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from exconn.contracts import client_text, erases_phrase, erases_text
from exconn.contracts.policy_reach import PolicyReach, reach_text
from exconn.monitor.answers.models import ErrorView, ProblemView
from exconn.monitor.pages import shown

HERE = Path(__file__).parent
#: Paths that answer programs; everything else answers people.
FOR_PROGRAMS = ("/v1", "/health", "/metrics", "/openapi.json", "/static")


def render(request: Request, template: str, *, status: int = 200, refresh: int = 0, **values: Any) -> Response:
    """The page; `refresh` in seconds reloads it, unless the visitor has stopped that."""
    stopped = request.query_params.get("refresh") == "off"
    text = (
        _environment()
        .get_template(template)
        .render(
            path=request.url.path,
            refresh=0 if stopped else refresh,
            may_refresh=refresh > 0,
            refresh_off=request.url.include_query_params(refresh="off").query,
            refresh_on=request.url.remove_query_params("refresh").query,
            now=datetime.now(UTC),
            problems=_problems(request),
            **values,
        )
    )
    return HTMLResponse(text, status_code=status)


def _problems(request: Request) -> list[ProblemView]:
    """What the banner tells; the page that says that the database is away does without."""
    try:
        return list(request.app.state.problems())
    except SQLAlchemyError:
        return []


def page_of_error(
    request: Request, error: ErrorView, *, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """An error as a page for people, as JSON for programs."""
    if request.url.path.startswith(FOR_PROGRAMS):
        return JSONResponse(error.model_dump(), status_code=status, headers=headers)
    page = render(request, "error.html", status=status, error=error, code=status)
    page.headers.update(headers or {})
    return page


def static_files() -> StaticFiles:
    """The style sheet."""
    return StaticFiles(directory=HERE / "static")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "shown": shown.shown_text,
        "with_code": shown.shown_with_code,
        "moment": shown.shown_moment,
        "moment_in_full": shown.shown_moment_in_full,
        "plain": shown.plain_text,
        "tone": shown.tone,
        "grouped": lambda number: f"{number:,}".replace(",", " "),
        "client_words": client_text,
        "reach_words": lambda one: reach_text(PolicyReach(one.obeys, one.settings, one.on_android)),
        "erases_words": erases_text,
        "erases_phrase": erases_phrase,
        "seconds": lambda number: f"{math.ceil(number)} s" if number else "none",
    }
    return environment
