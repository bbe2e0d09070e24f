"""Whether a verified request is from somebody who may ask for it."""

from datetime import datetime

from exconn.contracts.refusals import Refusal
from exconn.signing.errors import Refused
from exconn.signing.registry_keys import KnownKey
from exconn.signing.signature import Verified


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
