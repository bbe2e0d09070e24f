"""One sink for every line of a process: events with fields, on standard error.

Lines of other libraries go the same way, so nothing escapes the masks; libraries that log whole messages to a server
at debug level never log below info.
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from exconn.logs.escape import escape_values
from exconn.logs.render import json_line, text_line
from exconn.logs.withheld import withhold

#: At debug these write credentials or whole SOAP messages.
TALKATIVE = ("pypsrp", "spnego", "urllib3", "requests", "httpx2", "httpcore2")


def configure(service: str, *, json: bool, level: str = "info", sink: TextIO | None = None) -> None:
    """Set up logging of this process; only entry points call it, once. `level` as in Python's logging."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def name_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _route_stdlib(first, number, sink or sys.stderr, json=json)


def bind(**fields: str | int) -> AbstractContextManager[None]:
    """Add fields to every line inside the `with` block, such as `bind(job=..., connector=...)`."""
    return cast("AbstractContextManager[None]", structlog.contextvars.bound_contextvars(**fields))


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of a module: `get_logger(__name__).info("job settled", outcome=...)`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(name))


def _without_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # uvicorn gives its lines a second time, with escape codes.
    event.pop("color_message", None)
    return event


def _route_stdlib(first: list[Processor], number: int, sink: TextIO, *, json: bool) -> None:
    handler = logging.StreamHandler(sink)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_colours,
                withhold,
                escape_values,
                json_line if json else text_line,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(number, logging.INFO))
    logging.captureWarnings(capture=True)
