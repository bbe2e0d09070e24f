"""Whether a verified request is from somebody who may ask for it."""

from datetime import datetime

from exconn.contracts import Request
from exconn.contracts.refusals import Refusal
from exconn.signing.errors import Refused
from exconn.signing.registry_keys import KnownKey
from exconn.signing.requesters import Registry
from exconn.signing.signature import Verified


def check_key(key: KnownKey, now: datetime) -> None:
    """Raise Refused when the key that signed has expired."""
    if key.has_expired(now):
        raise Refused(
            Refusal.KEY_EXPIRED,
            f"the key counted until {key.expires:%Y-%m-%d %H:%M:%S %Z}",
            remedy="have a new key entered in the registry: exconn requesters rotate",
        )


def check_audience(request: Request, registry: Registry, organization: str | None) -> None:
    """Raise Refused unless the request was signed for this deployment and for the organization of its connector.

    An action on a device must name that organization, as a connector may come to mean another one. A connector that is
    not installed has none yet.
    """
    audience = request.audience
    named = "" if audience is None else audience.deployment
    if audience is None or named != registry.deployment:
        raise Refused(
            Refusal.WRONG_AUDIENCE,
            f"it was signed for {f'deployment {named!r}' if named else 'no deployment'}, not for this one",
            remedy=f"if this one is meant, sign for it: audience.deployment = {registry.deployment!r}",
        )
    must_name = request.target.device is not None or audience.organization is not None
    if organization and must_name and audience.organization != organization:
        raise Refused(
            Refusal.WRONG_AUDIENCE,
            f"it was not signed for the organization of connector {request.connector!r}",
            remedy="set audience.organization to the organization that exconn connector show names, if that is meant",
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
