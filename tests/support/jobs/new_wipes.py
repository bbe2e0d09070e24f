"""Wipes as the ledger sees them, for tests in which no worker reads what they are about."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from exconn.contracts import Checks, Kind, Service
from exconn.ledger import Limits, NewJob, Window

#: Brakes that hold none of them.
_MANY = (Window(100_000, timedelta(days=1)),)
OPEN_BRAKES = Limits(breaker=_MANY, quota=_MANY, fleet_floor=100_000)


def new_wipe(connector: str, key: str, **changes: Any) -> NewJob:
    """A wipe that was just accepted, under the idempotency key `key`."""
    wipe = NewJob(
        kind=Kind.WIPE,
        connector=connector,
        payload="{}",
        idempotency_key=key,
        service=Service.ACTIONS,
        checks=Checks.ERASE,
        phase="accepted",
        limits=OPEN_BRAKES,
    )
    return replace(wipe, **changes)
