"""What a SOAP answer may consist of: checked before it is parsed, as a parse costs many times what the text does.

An answer of Exchange is at most 512000 bytes, and nearly all of it base64: some thousand elements of two attributes.
"""

import re

from exconn.exchange.errors import Malformed

#: Tags, counted by what opens them; those that only end an element count too.
MAX_TAGS = 20_000
#: Quotation marks: two for each attribute, and those in the texts of faults.
MAX_QUOTES = 80_000
#: Elements inside elements.
MAX_DEPTH = 32
#: Characters of one tag. What it declares of namespaces is repeated in memory for each name inside.
LONGEST_TAG = 4096

_TAG = re.compile(r"<([/?]?)[^<>]{0,4096}")


def check_envelope(text: str) -> None:
    """Raises Malformed for an answer that is unsafe to parse; whether it is well-formed is not looked at."""
    if "<!" in text:
        # SOAP has no document type; comments and CDATA could hide how deep an answer is.
        raise Malformed("a document type declaration, a comment or a CDATA section", text)
    if text.count("<") > MAX_TAGS or text.count('"') + text.count("'") > MAX_QUOTES:
        raise Malformed("more elements or attributes than any answer has", text)
    depth = 0
    for tag in _TAG.finditer(text):
        if tag.end() - tag.start() > LONGEST_TAG:
            raise Malformed(f"a tag of more than {LONGEST_TAG} characters", text)
        if tag[1] == "/":
            depth -= 1
        elif not tag[1] and not _is_empty(tag[0]):
            depth += 1
        if depth > MAX_DEPTH:
            raise Malformed("elements nested deeper than any answer has", text)


def _is_empty(tag: str) -> bool:
    """Whether an element ends where it begins; not where an attribute may hold what looks like the end."""
    return tag.endswith("/") and tag.count('"') % 2 == 0 and tag.count("'") % 2 == 0
