"""The demo's progress: lines on standard error, in which no device's name moves the terminal's cursor."""

import sys

from exconn.logs.escape import escaped


def tell(text: str) -> None:
    """One line; control characters and direction marks in it are spelled out."""
    print(escaped(text), file=sys.stderr, flush=True)
