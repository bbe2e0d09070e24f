"""Releases of held jobs, as a requester signs them."""

import secrets
from datetime import timedelta

from exconn.contracts.request import Audience, Request, RequestKind, Target
from exconn.ledger import Ledger
from tests.support.requests.signed import DEPLOYMENT


def release_of(
    ledger: Ledger,
    *jobs: str,
    shown: str,
    by: str = "boss",
    kind: RequestKind = RequestKind.RELEASE,
    deployment: str = DEPLOYMENT,
) -> Request:
    """A release of those jobs of the demo's connector, each of which was shown to be held for that."""
    now = ledger.time()
    return Request(
        kind=kind,
        audience=Audience(deployment=deployment),
        connector="demo",
        target=Target(jobs=jobs, held_for=(shown,) * len(jobs)),
        requester=by,
        nonce=secrets.token_urlsafe(18),
        present_by=now + timedelta(minutes=5),
        valid_until=now + timedelta(hours=1),
    )
