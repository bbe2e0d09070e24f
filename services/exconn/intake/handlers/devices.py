"""Requests to act on one device: one handler for each kind of action, made from its row."""

from collections.abc import Callable
from dataclasses import replace

from exconn.contracts import KINDS, Checks, ClientClass, HoldReason, Kind, action_payload
from exconn.contracts.refusals import Refusal
from exconn.intake.context import Accepted, KnownDevice, RequestContext
from exconn.intake.handlers.insert_job import insert_job
from exconn.signing.errors import Refused


def ask_for(kind: Kind) -> Callable[[RequestContext], Accepted]:
    """What does requests for actions of that kind."""

    def handle(context: RequestContext) -> Accepted:
        return _inserted(context, kind)

    return handle


def _inserted(context: RequestContext, kind: Kind) -> Accepted:
    """Make it an action that is followed to its end. Raises Refused."""
    guid = context.request.target.device
    if guid is None:
        raise Refused(Refusal.BAD_TARGET, "no device to act on", remedy="set target.device to its directory GUID")
    state = context.installed()
    if "actions" not in state.armed:
        raise Refused(
            Refusal.NOT_ARMED,
            f"connector {state.name!r} only observes: device actions are not armed",
            remedy=f"exconn connector arm {state.name} actions",
        )
    known = context.device
    if known is None:
        raise Refused(
            Refusal.UNKNOWN_DEVICE,
            "no device with that GUID has been discovered",
            remedy=f"see exconn devices list, or start a discovery: exconn sweeps start full {state.name}",
        )
    _check_seen(context, kind, known)
    payload = action_payload(kind)(
        kind=kind,
        device=guid,
        envelope=context.envelope,
        accepted_at=context.now,
        known=known.fingerprint,
    )
    foreseen = _foreseen(context, kind, known)
    return replace(insert_job(context, kind, payload, device=guid), foreseen=foreseen)


def _check_seen(context: RequestContext, kind: Kind, known: KnownDevice) -> None:
    """Whether the device is what its requester saw, as far as the register knows. Raises Refused."""
    request = context.request
    seen = request.target.seen
    if seen is None:
        if KINDS[kind].checks is not Checks.ERASE:
            return
        raise Refused(
            Refusal.BAD_TARGET,
            "it does not say what was seen of the device",
            remedy="set target.seen to the digests of what was shown: docs/howto/send-requests.md",
        )
    make, fingerprint = context.intake.devices.make_of(request.connector, known), known.fingerprint
    differs = seen.differing(
        request.nonce,
        owner=fingerprint.mailbox or None if fingerprint else None,
        device=fingerprint.device if fingerprint else None,
        device_type=make.device_type if make else None,
        client_class=make.client if make else None,
    )
    if differs:
        raise Refused(
            Refusal.NOT_AS_SEEN,
            f"the device with that GUID is not the one that was seen: another {', '.join(differs)}",
            remedy="look at it again: exconn devices show; where it looks as before, the monitor shows what is not so",
            details={"differs": list(differs)},
        )


def _foreseen(context: RequestContext, kind: Kind, known: KnownDevice) -> HoldReason | None:
    """Why the worker will hold it (`actions/wipe/issue.py` does), going by what was discovered."""
    if KINDS[kind].checks is not Checks.ERASE:
        return None
    make = context.intake.devices.make_of(context.request.connector, known)
    return HoldReason.USE_INTUNE if make and make.client is ClientClass.OUTLOOK_SERVICE else None
