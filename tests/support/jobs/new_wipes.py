"""Wipes as the ledger sees them, for tests in which no worker reads what they are about."""

from dataclasses import replace
from typing import Any

from exconn.contracts import Checks, Kind, Service
from exconn.ledger import NewJob


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
    )
    return replace(wipe, **changes)
