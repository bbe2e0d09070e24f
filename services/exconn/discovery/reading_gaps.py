"""From what an answer of Exchange lacks to what a sweep says about it (pure)."""

from exconn.contracts import GapPlace, NamedGap, ReadingGaps
from exconn.exchange import (
    ExchangeError,
    GapCause,
    Gaps,
    Malformed,
    ObjectNotFound,
    RefusedByExchange,
    Transient,
    kind_of,
)

#: A name that tells where to look is shorter.
_LONGEST_NAME = 256

#: The kind of a mailbox that a domain controller left to another domain's.
REFERRED = "referral"

_PLACES = {
    GapCause.ERROR_RECORD: GapPlace.LIST_ERROR,
    GapCause.NO_GUID: GapPlace.WITHOUT_GUID,
    GapCause.UNREADABLE: GapPlace.UNREADABLE,
}


def of_list(gaps: Gaps) -> ReadingGaps:
    """What a list lacks."""
    named = tuple(NamedGap(place=_PLACES[gap.cause], name=gap.name[:_LONGEST_NAME], kind=gap.kind) for gap in gaps.kept)
    return ReadingGaps(
        list_errors=_count(gaps, GapCause.ERROR_RECORD), **_objects(gaps), kinds=gaps.by_kind, named=named
    )


def of_mailbox(mailbox: str, gaps: Gaps) -> ReadingGaps:
    """A mailbox that answered, and said less than it knows."""
    kind = next(iter(gaps.by_kind), "")
    named = (NamedGap(place=GapPlace.UNREAD_MAILBOX, name=mailbox[:_LONGEST_NAME], kind=kind),)
    return ReadingGaps(unread_mailboxes=1, **_objects(gaps), kinds=gaps.by_kind, named=named)


def of_unread(mailbox: str, kind: str) -> ReadingGaps:
    """A mailbox that did not answer."""
    named = (NamedGap(place=GapPlace.UNREAD_MAILBOX, name=mailbox[:_LONGEST_NAME], kind=kind),)
    return ReadingGaps(unread_mailboxes=1, kinds={kind: 1}, named=named)


def is_gone(error: ExchangeError) -> bool:
    """Whether it says that there is no such object; a referral says that another domain may have it."""
    return isinstance(error, ObjectNotFound) and not error.is_referral


def kind_of_error(error: RefusedByExchange | Transient | Malformed | ObjectNotFound) -> str:
    """The short name of an error, safe to log. Of ObjectNotFound only a referral is an error."""
    if isinstance(error, ObjectNotFound):
        return REFERRED
    if isinstance(error, Malformed):
        return GapCause.UNREADABLE
    return kind_of((error.exception_type,), error.error_id)


def _objects(gaps: Gaps) -> dict[str, int]:
    return {
        "without_guid": _count(gaps, GapCause.NO_GUID),
        "unreadable": _count(gaps, GapCause.UNREADABLE),
    }


def _count(gaps: Gaps, cause: GapCause) -> int:
    return gaps.by_cause.get(cause, 0)
