"""What a sweep could not read, counted and named: whether its reading is complete, and what is missing if not."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

#: Things that are named one by one; beyond that they are only counted.
MOST_NAMED = 100
#: Kinds of errors that are counted by name; the rest are counted together.
MOST_KINDS = 20
OTHER_KINDS = "other"


class GapPlace(StrEnum):
    """Where something is missing."""

    UNREAD_MAILBOX = "unread_mailbox"
    LIST_ERROR = "list_error"
    WITHOUT_GUID = "without_guid"
    UNREADABLE = "unreadable"


class NamedGap(BaseModel):
    """One thing that could not be read.

    `name` is the GUID of a mailbox, or an object as Exchange names it; it may name a person, so it stays out of logs
    and status messages. `kind` is the type of an error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: GapPlace
    name: str = ""
    kind: str = ""


class ReadingGaps(BaseModel):
    """What a reading lacks. Readings are added up; however much is missing, the sum stays small."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unread_mailboxes: int = 0
    list_errors: int = 0
    without_guid: int = 0
    unreadable: int = 0
    kinds: Mapping[str, int] = {}
    named: tuple[NamedGap, ...] = ()

    def __add__(self, other: "ReadingGaps") -> "ReadingGaps":
        return ReadingGaps(
            unread_mailboxes=self.unread_mailboxes + other.unread_mailboxes,
            list_errors=self.list_errors + other.list_errors,
            without_guid=self.without_guid + other.without_guid,
            unreadable=self.unreadable + other.unreadable,
            kinds=_added(self.kinds, other.kinds),
            named=(self.named + other.named)[:MOST_NAMED],
        )

    @property
    def is_empty(self) -> bool:
        """Nothing is missing."""
        return not (any(self.counts.values()) or self.kinds)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each; names nobody."""
        return self.model_dump(include={"unread_mailboxes", "list_errors", "without_guid", "unreadable"})


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    kinds = dict(first)
    for kind, count in second.items():
        known = kind in kinds or len(kinds.keys() - {OTHER_KINDS}) < MOST_KINDS
        name = kind if known else OTHER_KINDS
        kinds[name] = kinds.get(name, 0) + count
    return kinds
