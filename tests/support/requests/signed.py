"""Requests, keys and registries that tests of intake share."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import NAMESPACE_DNS, uuid5

from exconn import signing
from exconn.connector import Quota
from exconn.contracts.request import Audience, Request, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.signing import Registry, SigningKey, parse_registry

DEVICE = "11111111-2222-3333-4444-555555555555"

#: That device as the monitor shows it.
SHOWN: Mapping[str, str] = {
    "owner": "22222222-2222-3333-4444-555555555555",
    "owner_address": "jdoe@north.example",
    "device_id": "DEVICEID0001",
    "device_type": "iPhone",
    "client": "native",
}

_nonces = count(1)


#: The deployment of all tests.
DEPLOYMENT = "tests"


def registry_text(
    keys: Mapping[str, SigningKey],
    *,
    single: bool = False,
    kinds: Sequence[str] = (),
    connectors: Sequence[str] = ("*",),
    quota: Quota | None = None,
    revision: int = 1,
    bounds: str = "",
) -> str:
    """A registry in which everybody may do everything, or only the `kinds` that are named."""
    return signing.registry_text(
        {name: key.public_text for name, key in keys.items()},
        deployment=DEPLOYMENT,
        revision=revision,
        kinds=kinds,
        connectors=connectors,
        quota=quota,
        single_administrator=single,
        bounds=bounds,
    )


def registry_of(**keys: SigningKey) -> Registry:
    return parse_registry(registry_text(keys))


def organization_of(connector: str) -> str:
    """The GUID of the organization that a connector of that name stands for."""
    return str(uuid5(NAMESPACE_DNS, connector))


def audience_of(connector: str, *, acts: bool = True) -> Audience:
    """For whom a request to that connector is signed; one for a device names the organization too."""
    return Audience(deployment=DEPLOYMENT, organization=organization_of(connector) if acts else None)


def release_target(*jobs: str, held_for: str = "breaker") -> Target:
    """The target of a release, of jobs that were shown to be held for that."""
    return Target(jobs=jobs, held_for=(held_for,) * len(jobs))


def request_of(
    kind: RequestKind = RequestKind.WIPE,
    *,
    target: Target | None = None,
    requester: str = "anna",
    connector: str = "north",
    nonce: str | None = None,
    now: datetime | None = None,
    present_for: timedelta = timedelta(minutes=10),
    valid_for: timedelta = timedelta(hours=72),
    reason: str = "lost",
    shown: Mapping[str, str] | None = SHOWN,
    audience: Audience | None = None,
) -> Request:
    """A request; one for a device says that it was seen as `shown`."""
    at = now or datetime.now(UTC)
    nonce = nonce or f"nonce-of-a-test-{next(_nonces):06d}"
    if target is None:
        target = Target(device=DEVICE) if kind is RequestKind.WIPE else Target()
    if audience is None:
        audience = audience_of(connector, acts=target.device is not None)
    if target.device and target.seen is None and shown is not None:
        target = target.model_copy(update={"seen": seen_of_shown(nonce, shown)})
    return Request(
        kind=kind,
        audience=audience,
        connector=connector,
        target=target,
        reason=reason,
        requester=requester,
        nonce=nonce,
        present_by=at + present_for,
        valid_until=at + valid_for,
    )
