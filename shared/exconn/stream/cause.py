"""Which signed request is the cause of what happens now: every status message that it brings about carries it.

It is set around the work on a request, in the thread that does it, so that nobody has to hand it from call to call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass

#: Where it stands in the data of a message.
FIELD = "request"


@dataclass(frozen=True, kw_only=True)
class RequestCause:
    """`digest` is that of the signed bytes, `key` the id of the key, `source` the way on which they came.

    `reason` is what a person wrote, 500 characters at most; it may hold anything.
    """

    digest: str
    key: str
    reason: str
    source: str


_PRESENT: ContextVar[RequestCause | None] = ContextVar("cause", default=None)


@contextmanager
def caused_by(cause: RequestCause) -> Iterator[None]:
    """What is told within it has this cause."""
    token = _PRESENT.set(cause)
    try:
        yield
    finally:
        _PRESENT.reset(token)


def present_cause() -> dict[str, dict[str, str]]:
    """The field of a message's data; nothing where no request is the cause."""
    cause = _PRESENT.get()
    return {FIELD: asdict(cause)} if cause else {}
