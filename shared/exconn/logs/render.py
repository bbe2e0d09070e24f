"""The two forms of a log line: text for people, JSON for collectors. Both are one line an event."""

import json

from structlog.typing import EventDict, WrappedLogger

_FIRST = ("timestamp", "level", "service", "event")


def text_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """`<time> <level> <service> <event> name=value ...`; a traceback follows as escaped text."""
    traceback = event.pop("exception", None)
    first = " ".join(str(event.pop(name, "-")) for name in _FIRST)
    rest = "".join(f" {name}={_value(value)}" for name, value in event.items())
    return first + rest + (f" exception={_value(traceback)}" if traceback else "")


def json_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """One JSON object, time and event first."""
    ordered = {name: event.pop(name) for name in _FIRST if name in event}
    return json.dumps({**ordered, **event}, default=str, ensure_ascii=False)


def _value(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value, default=str, ensure_ascii=False)
    plain = value and not any(character in value for character in ' "=')
    return value if plain else '"' + value.replace('"', '\\"') + '"'
