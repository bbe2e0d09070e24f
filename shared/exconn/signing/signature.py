"""Signing a request, and finding out who signed it.

The signature is over the exact bytes in the envelope: nobody has to agree on a canonical form of JSON.
"""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from exconn.contracts import BadRequestError, Envelope, Request, parse_request
from exconn.contracts.refusals import Refusal
from exconn.signing.errors import Refused
from exconn.signing.keyfile import SigningKey
from exconn.signing.requesters import Registry, Requester


@dataclass(frozen=True)
class Verified:
    """A request whose signer is known, and known to be who the request says. `digest` is that of the signed bytes."""

    request: Request
    requester: Requester
    digest: str
    key_id: str


def sign(request: Request, key: SigningKey) -> Envelope:
    """The request, signed. Sending the same envelope again is safe: it is the same request."""
    raw = request.model_dump_json().encode()
    return Envelope(
        key=key.id,
        request=base64.b64encode(raw).decode(),
        signature=base64.b64encode(key.private.sign(raw)).decode(),
    )


def verify(envelope: Envelope, registry: Registry) -> Verified:
    """Who signed what. Raises Refused: malformed, unknown_key, signature, requester_mismatch.

    Dates are not judged here: intake judges them once, workers rely on its record.
    """
    known = registry.keys.get(envelope.key)
    if known is None:
        remedy = "have the public key added to the registry of requesters: exconn requesters keys"
        raise Refused(Refusal.UNKNOWN_KEY, "the registry knows no such key", remedy=remedy)
    try:
        raw, signature = envelope.signed_bytes(), envelope.signature_bytes()
        known.public.verify(signature, raw)
        request = parse_request(envelope)
    except InvalidSignature as exc:
        remedy = "sign the exact bytes that are sent, with the key that is named"
        raise Refused(Refusal.SIGNATURE, "the signature does not match", remedy=remedy) from exc
    except BadRequestError as exc:
        raise Refused(Refusal.MALFORMED, f"{exc.field}: {exc.problem}", remedy=exc.remedy) from exc
    if request.requester != known.requester:
        remedy = "name the requester whose key signs"
        raise Refused(Refusal.REQUESTER_MISMATCH, "the key belongs to another requester", remedy=remedy)
    return Verified(request, registry.requesters[known.requester], hashlib.sha256(raw).hexdigest(), envelope.key)
