"""Is the device that Exchange shows the one that its requester saw and signed for?

Who reads the monitor may be shown another device than the one whose GUID he signs.
"""

import hashlib

from exconn.actions.context import ActionContext
from exconn.actions.look import Look, class_of
from exconn.contracts import HoldReason, parse_envelope, parse_request
from exconn.doorbell import Hold


def not_as_seen(case: ActionContext, look: Look) -> Hold | None:
    """Held where it is not, unless a person let this very pair pass; a mailbox that is not shown is not compared."""
    request = parse_request(parse_envelope(case.work.envelope))
    seen, mailbox = request.target.seen, look.fingerprint.mailbox
    if seen is None:
        return None
    differences = seen.differing(
        request.nonce,
        owner=mailbox or None,
        address=look.address if mailbox else None,
        device=look.fingerprint.device,
        device_type=look.device.device_type,
        client_class=class_of(look.device),
    )
    if not differences:
        return None
    pair = _pair(look, differences)
    if case.was_released(HoldReason.NOT_AS_SEEN, pair):
        return None
    return Hold(HoldReason.NOT_AS_SEEN, subject=pair, data={"pair": pair, "differences": list(differences)})


def _pair(look: Look, differences: tuple[str, ...]) -> str:
    found = (look.fingerprint.model_dump_json(), look.address, look.device.device_type, class_of(look.device))
    return hashlib.sha256("\n".join((*differences, *found)).encode()).hexdigest()[:12]
