"""Intake's seal: its signature over what it adds to a signed request when it accepts it.

The request's own signature does not cover when it was accepted, which device was known then, and which limits held. The
worker compares the seal with the job that it got: a service that can write jobs cannot make one.
"""

import base64
import binascii
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.contracts.fingerprint import Fingerprint
from exconn.contracts.work import ActionPayload
from exconn.signing.keyfile import SigningKey

#: What else is signed with the same key begins otherwise.
_WHAT = "exconn seal 1"


def seal(key: SigningKey, *, job: str, work: ActionPayload, limits: str, organization: str) -> str:
    """The seal of an accepted action: `limits` as the job has them, `organization` as brakes count it."""
    signature = key.private.sign(_sealed(job, work, limits, organization))
    return base64.b64encode(signature).decode()


def is_sealed(
    public: Ed25519PublicKey, found: str, *, job: str, work: ActionPayload, limits: str, organization: str
) -> bool:
    """Whether intake has put its seal on exactly that."""
    try:
        public.verify(base64.b64decode(found, validate=True), _sealed(job, work, limits, organization))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _sealed(job: str, work: ActionPayload, limits: str, organization: str) -> bytes:
    added = [
        _WHAT,
        job,
        hashlib.sha256(work.envelope.encode()).hexdigest(),
        work.accepted_at.timestamp(),
        _shown(work.fingerprint),
        _shown(work.known),
        limits,
        organization,
    ]
    return json.dumps(added, separators=(",", ":")).encode()


def _shown(fingerprint: Fingerprint | None) -> dict[str, object] | None:
    return None if fingerprint is None else fingerprint.model_dump(mode="json")
