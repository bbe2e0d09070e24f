"""Requests about one device."""

from datetime import timedelta

from exconn.contracts import Fingerprint, Kind
from exconn.contracts.work import Wipe
from exconn.intake.context import Accepted, KnownDevice, RequestContext
from exconn.intake.handlers.insert_job import insert_job
from exconn.signing.errors import Refused

#: A fingerprint older than this is taken anew by the worker's first look.
FRESH = timedelta(minutes=15)


def wipe(case: RequestContext) -> Accepted:
    """Erase one device: made an action that is followed to its acknowledgement."""
    guid = case.request.target.device
    if guid is None:
        raise Refused("bad_target", "a wipe names one device", remedy="set target.device to its directory GUID")
    state = case.installed()
    if "actions" not in state.armed:
        raise Refused(
            "not_armed",
            f"connector {state.name!r} only observes: device actions are not armed",
            remedy=f"exconn connector arm {state.name} actions",
        )
    known = case.desk.lookup(state.name, guid)
    if known is None:
        raise Refused(
            "unknown_device",
            "no device with that GUID has been discovered",
            remedy=f"see exconn devices list, or start a discovery: exconn sweeps start full {state.name}",
        )
    payload = Wipe(
        device=guid,
        envelope=case.envelope,
        accepted_at=case.now,
        fingerprint=_fresh(case, known),
        known=known.fingerprint,
    )
    return insert_job(case, Kind.WIPE, payload, device=guid)


def _fresh(case: RequestContext, known: KnownDevice) -> Fingerprint | None:
    if known.read_at is None or case.now - known.read_at > FRESH:
        return None
    return known.fingerprint
