"""What is new in the registry counts after a wait: a new key does not release, a wider scope is not used."""

from datetime import datetime

from exconn.contracts.refusals import Refusal
from exconn.contracts.request import Request, RequestKind
from exconn.signing.announced import Announced
from exconn.signing.errors import Refused
from exconn.signing.requesters import Registry, Requester
from exconn.signing.scopes import new_for

_SECOND_PERSON = "let another requester release it, or wait"


def check_new_key(request: Request, announced: Announced, registry: Registry, now: datetime) -> None:
    """Raise Refused when a key that was entered lately is to release something."""
    if request.kind is not RequestKind.RELEASE:
        return
    seen = announced.key_seen or now
    counts = seen + new_for(registry)
    if counts > now:
        raise Refused(
            Refusal.NEW_KEY,
            f"the key is new: it may release from {counts:%Y-%m-%d %H:%M} UTC on",
            remedy=_SECOND_PERSON,
        )


def in_force(
    requester: Requester, request: Request, announced: Announced, registry: Registry, now: datetime
) -> Requester:
    """The requester with the rights that count now. Raises Refused when what is asked for was added lately."""
    if announced.earlier is None:
        return requester
    scope, until = announced.earlier.limit(requester, registry, now)
    if until is None:
        return requester
    if request.kind not in scope.kinds or not {"*", request.connector} & scope.connectors:
        raise Refused(
            Refusal.NEW_RIGHT,
            f"requester {request.requester!r} may ask for it from {until:%Y-%m-%d %H:%M} UTC on",
            remedy="it was added to the registry lately: wait, or let another requester ask",
        )
    return requester.model_copy(update={"quota": scope.quota})
