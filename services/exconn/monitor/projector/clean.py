"""Text that any database and any answer can hold: no NUL, no half characters, no endless strings."""

import re
from collections.abc import Mapping

#: Longer than any real value; device strings are written by phones.
MAX_TEXT = 2000
MAX_FIELDS = 64

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> str:
    """`text` without what a database or UTF-8 refuses, cut to a bounded length."""
    # Neither NUL nor a half character is printable, so nearly every text passes here.
    if len(text) <= MAX_TEXT and text.isprintable():
        return text
    return _UNSTORABLE.sub("\ufffd", text[:MAX_TEXT])


def clean_data(value: object) -> object:
    """A JSON value of which every string is clean and every collection bounded."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return clean_fields(value)
    if isinstance(value, list | tuple):
        return [clean_data(item) for item in value[:MAX_FIELDS]]
    return value


def clean_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """A JSON object of which every string is clean."""
    return {clean_text(str(name)): clean_data(value) for name, value in list(fields.items())[:MAX_FIELDS]}
