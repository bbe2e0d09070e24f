"""Whether a verified request comes in time, and from somebody who may ask for it."""

from datetime import datetime, timedelta

from exconn.contracts import Request
from exconn.contracts.refusals import Refusal
from exconn.signing.errors import Refused
from exconn.signing.registry_keys import KnownKey
from exconn.signing.signature import Verified

#: How far ahead `present_by` may be: a captured request is worth nothing for longer.
PRESENT_WITHIN = timedelta(minutes=15)
#: How far ahead `valid_until` may be: nobody remembers an older request.
VALID_WITHIN = timedelta(days=30)
#: With a single administrator nobody else can approve: a release then waits this long, in plain sight.
SINGLE_ADMINISTRATOR_WAIT = timedelta(minutes=60)


def check_dates(request: Request, now: datetime) -> None:
    """Raise Refused unless the request is presented in time and valid for a sensible while."""
    if request.present_by <= now:
        raise Refused(Refusal.EXPIRED, "it was to be presented earlier", remedy="sign a new request with a new nonce")
    if request.present_by > now + PRESENT_WITHIN:
        raise Refused(
            Refusal.PRESENT_BY,
            f"present_by is more than {PRESENT_WITHIN} ahead of the server's time",
            remedy="set it to at most 15 minutes from now, and check your clock",
        )
    if request.valid_until <= now:
        raise Refused(Refusal.EXPIRED, "it is no longer valid", remedy="sign a new request with a later valid_until")
    if request.valid_until > now + VALID_WITHIN:
        raise Refused(
            Refusal.VALID_UNTIL, "valid_until is more than 30 days ahead", remedy="set it to at most 30 days ahead"
        )


def check_key(key: KnownKey, now: datetime) -> None:
    """Raise Refused when the key that signed has expired."""
    if key.has_expired(now):
        raise Refused(
            Refusal.KEY_EXPIRED,
            f"the key counted until {key.expires:%Y-%m-%d %H:%M:%S %Z}",
            remedy="have a new key entered in the registry: exconn requesters rotate",
        )


def check_rights(verified: Verified) -> None:
    """Raise Refused unless the requester may ask for this kind at this connector."""
    request, requester = verified.request, verified.requester
    if not requester.may(request.kind):
        raise Refused(
            Refusal.NOT_ALLOWED,
            f"requester {request.requester!r} may not ask for {request.kind}",
            remedy="have the kind added to the requester in the registry",
        )
    if not requester.may_reach(request.connector):
        raise Refused(
            Refusal.NOT_ALLOWED,
            f"requester {request.requester!r} may not use connector {request.connector!r}",
            remedy="have the connector added to the requester in the registry",
        )
