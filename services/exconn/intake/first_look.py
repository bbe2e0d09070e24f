"""What is known before a request is judged: all of it from one round trip, which also binds its nonce to its bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from exconn.connector import ConnectorState, KnownConnector
from exconn.contracts import Answer
from exconn.intake.context import IntakeContext, KnownDevice
from exconn.intake.handlers.connectors import PREFLIGHTS
from exconn.intake.handlers.table import WHEN_FULL
from exconn.signing.announced import Announced
from exconn.signing.signature import Verified

if TYPE_CHECKING:
    from redis.client import Pipeline


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """The answer that was given before, if any; the ledger's time, the registry that it knows and its memory of the key
    that signed; the connector, and the device that is meant.
    """

    before: Answer | None
    now: datetime
    announced: Announced
    connector: ConnectorState | None
    device: KnownDevice | None


def take_first_look(verified: Verified, key: str, intake: IntakeContext) -> FirstLook:
    """Look. Raises Refused (replayed), LedgerFullError, OutOfMemoryError and LedgerOutOfReachError."""
    request, guid = verified.request, verified.request.target.device
    name, nonce, digest = request.requester, request.nonce, verified.digest

    def ask(pipe: "Pipeline") -> None:
        intake.answers.ask_to_reserve(pipe, name, nonce, digest)
        intake.trace.ask(pipe, key, name)
        intake.store.ask_for_state(pipe, request.connector)
        if guid is not None:
            intake.devices.ask(pipe, request.connector, guid)
            intake.store.ask_for_fleet(pipe, request.connector)

    now, reserved, announced, state, pins, *device = intake.ledger.time_and(ask)
    answered = intake.ledger.answered
    known = intake.store.known_in(request.connector, answered(state), answered(pins))
    connector = _pinned(known, request.connector, intake)
    if guid is not None and known.readable and connector is not None:
        intake.store.pin_fleet(known, answered(device[1]), now)
    return FirstLook(
        before=intake.answers.reserved(name, nonce, digest, reserved, when_full=request.kind in WHEN_FULL),
        now=now,
        announced=intake.trace.read(answered(announced)),
        connector=connector,
        device=intake.devices.read(guid, answered(device[0])) if guid is not None else None,
    )


def _pinned(known: KnownConnector, name: str, intake: IntakeContext) -> ConnectorState | None:
    """The connector; what is said of it for the first time is pinned before anything is asked of it."""
    if not (known.lacking or known.is_unproven):
        return known.state
    # One whose preflight was begun by an intake of an earlier version, which pinned nothing.
    asked = [feature for feature, kind in PREFLIGHTS.items() if intake.ledger.unsettled(name, kind=kind)]
    return intake.store.pin(name, "intake", asked=asked)
