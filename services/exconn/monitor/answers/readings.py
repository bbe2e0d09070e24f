"""The shape of what is shown of a sweep's reading."""

from pydantic import Field

from exconn.monitor.answers.models import Shown


class MissingView(Shown):
    """One thing that a sweep could not read: where, what it is called, and the kind of error."""

    place: str
    name: str
    kind: str


class ReadingView(Shown):
    """Whether a sweep read everything; `complete` is null until it is finished. Names are those of the first 100."""

    job: str
    connector: str
    complete: bool | None = None
    unread_parts: int = 0
    unread_mailboxes: int = 0
    list_errors: int = 0
    without_guid: int = 0
    unreadable: int = 0
    kinds: dict[str, int] = Field(default_factory=dict)
    missing: list[MissingView] = Field(default_factory=list)
