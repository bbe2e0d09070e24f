"""Texts that a fallen service may write where another one expects a JSON object of a known form."""

import pytest

#: Deeper than any parser follows; and as deep as one follows and what works on the result may not.
DEPTH, LESS_DEEP = 200_000, 5_000

_TEXTS: dict[str, str | bytes] = {
    "empty": "",
    "no JSON": "?",
    "null": "null",
    "a number": "5",
    "a number of any size": "9" * 5_000,
    "a text": '"removed"',
    "a list": "[]",
    "a list in a list": "[[]]",
    "no fields": "{}",
    "fields of other kinds": '{"name": [], "state": {}, "armed": 5, "revision": "x", "organization": [], "next": []}',
    "armed a number": '{"armed": 5}',
    "armed lists": '{"armed": [[]], "state": "installed"}',
    "deep lists": "[" * DEPTH + "]" * DEPTH,
    "deep lists without an end": "[" * DEPTH,
    "deep objects": '{"armed":' * DEPTH + "1" + "}" * DEPTH,
    "bytes that are no text": b"\xff",
    "bytes that are no text in a text": b'{"state": "installed", "last_error": "\xed\xa0\xbd"}',
    "half a letter": '{"code": "\\ud800", "armed": ["\\ud800"]}',
    "dates of no calendar": '{"name": "contoso", "revision": 1, "state": "installed", "organization": null,'
    ' "applied_at": "0001-01-01T00:00:00+14:00", "installed_at": "9999-12-31T23:59:59-14:00"}',
    "lists that some parsers follow": '{"armed": ' + "[" * LESS_DEEP + "]" * LESS_DEEP + "}",
}

#: Each as a parameter with a name.
WRITTEN = [pytest.param(text, id=name) for name, text in _TEXTS.items()]
