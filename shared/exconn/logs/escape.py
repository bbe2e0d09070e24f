"""Control characters made visible: one event stays one line, and no text moves the reader's cursor or order."""

import re

from structlog.typing import EventDict, WrappedLogger

#: C0, DEL, C1, line and paragraph separators, and the marks that change the direction of text.
HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(text: str) -> str:
    """`text` with every control character and direction mark written as an escape, such as \\x1b or \\u202e."""
    return HARMFUL.sub(lambda found: escape_character(found[0]), text)


def escape_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: escape every string of the event, in any nesting."""
    return {escaped(name): _escaped_value(value) for name, value in event.items()}


def escape_character(character: str) -> str:
    """One character as an escape."""
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _escaped_value(value: object) -> object:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dict):
        return {escaped(str(name)): _escaped_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else escaped(str(value))
