"""What is new in the registry counts after a wait: a new key does not consent, a wider scope is not used."""

from datetime import datetime

from exconn.contracts.refusals import Refusal
from exconn.contracts.request import Request, RequestKind
from exconn.signing.announced import Announced
from exconn.signing.errors import Refused
from exconn.signing.requesters import Requester

_CONSENT = {RequestKind.RELEASE, RequestKind.RESUME}


def check_new_key(request: Request, announced: Announced, now: datetime) -> None:
    """Raise Refused when a key that was entered lately is to release something, or to resume."""
    if request.kind not in _CONSENT or announced.may_release(now):
        return
    since = (
        f" it may {request.kind} from {announced.counts_from:%Y-%m-%d %H:%M} UTC on" if announced.counts_from else ""
    )
    raise Refused(
        Refusal.NEW_KEY,
        f"the key is new: it may {request.kind} {since}",
        remedy="let another requester do it, or have another one release the new key: exconn brakes show",
    )


def in_force(requester: Requester, request: Request, announced: Announced, now: datetime) -> Requester:
    """The requester with the rights that count now. Raises Refused when what is asked for was added lately."""
    found, until = announced.scope_of(requester, now)
    if until is not None and not (found.may(request.kind) and found.may_reach(request.connector)):
        raise Refused(
            Refusal.NEW_RIGHT,
            f"requester {request.requester!r} may ask for it from {until:%Y-%m-%d %H:%M} UTC on",
            remedy="wait, or have another requester release it: exconn brakes show",
        )
    return found
