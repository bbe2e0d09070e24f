"""Signing a request, and finding out who signed it.

The signature is over the exact bytes in the envelope: nobody has to agree on a canonical form of JSON.
"""

import base64
import hashlib
from dataclasses import dataclass

from exconn.contracts import BadRequestError, Envelope, Request, parse_request
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind
from exconn.signing.errors import Refused
from exconn.signing.keyfile import SigningKey
from exconn.signing.public_keys import verify_bytes
from exconn.signing.registry_keys import KnownKey
from exconn.signing.requesters import Registry, Requester
from exconn.signing.ssh_wire import SshFormatError
from exconn.signing.sshsig import NAMESPACE, SshSignatureError, UntouchedError


@dataclass(frozen=True)
class Verified:
    """A request whose signer is known, and known to be who the request says. `digest` is that of the signed bytes.

    `hardware`: the key `key_id` is in a device that somebody touched to sign this.
    """

    request: Request
    requester: Requester
    digest: str
    key_id: str = ""
    hardware: bool = False


def sign(request: Request, key: SigningKey) -> Envelope:
    """The request, signed. Sending the same envelope again is safe: it is the same request."""
    raw = request.model_dump_json().encode()
    return Envelope(
        key=key.id,
        request=base64.b64encode(raw).decode(),
        signature=base64.b64encode(key.private.sign(raw)).decode(),
    )


def verify(envelope: Envelope, registry: Registry) -> Verified:
    """Who signed what.

    Raises Refused: malformed, unknown_key, signature, not_touched, requester_mismatch, hardware_key.
    Dates are not judged here: intake judges them once, workers rely on its record.
    """
    known = registry.keys.get(envelope.key)
    if known is None:
        remedy = "have the public key added to the registry of requesters: exconn requesters keys"
        raise Refused(Refusal.UNKNOWN_KEY, "the registry knows no such key", remedy=remedy)
    try:
        raw = envelope.signed_bytes()
        _check_signature(known, envelope, raw)
        request = parse_request(envelope)
    except BadRequestError as exc:
        raise Refused(Refusal.MALFORMED, f"{exc.field}: {exc.problem}", remedy=exc.remedy) from exc
    if request.requester != known.requester:
        remedy = "name the requester whose key signs"
        raise Refused(Refusal.REQUESTER_MISMATCH, "the key belongs to another requester", remedy=remedy)
    check_hardware(request.kind, registry, hardware=known.hardware)
    return Verified(
        request=request,
        requester=registry.requesters[known.requester],
        digest=hashlib.sha256(raw).hexdigest(),
        key_id=envelope.key,
        hardware=known.hardware,
    )


def check_hardware(kind: RequestKind, registry: Registry, *, hardware: bool) -> None:
    """Raise Refused where the registry takes that kind from hardware keys only, and it was signed by none."""
    if kind in registry.hardware_for and not hardware:
        remedy = "sign it with a hardware key: ssh-keygen -t ed25519-sk makes one, the registry takes its public half"
        raise Refused(Refusal.HARDWARE_KEY, f"the registry takes {kind} from hardware keys only", remedy=remedy)


def _check_signature(known: KnownKey, envelope: Envelope, raw: bytes) -> None:
    try:
        verify_bytes(known.public, envelope.form, envelope.signature_bytes(), raw)
    except SshFormatError as exc:
        remedy = f"make it with ssh-keygen -Y sign -n {NAMESPACE}"
        raise Refused(Refusal.SIGNATURE, f"the signature is no SSH signature: {exc}", remedy=remedy) from exc
    except SshSignatureError as exc:
        remedy = "sign the exact bytes that are sent, with the key that is named, in its own form"
        raise Refused(Refusal.SIGNATURE, f"the signature does not count: {exc}", remedy=remedy) from exc
    except UntouchedError as exc:
        remedy = "touch the key when it blinks; make it without no-touch-required"
        raise Refused(Refusal.NOT_TOUCHED, "nobody touched the hardware key that signed", remedy=remedy) from exc
