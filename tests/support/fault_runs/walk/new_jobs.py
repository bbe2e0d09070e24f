"""The jobs that a walk puts in: wipes, some of them good for a moment only, sweeps, and parts of sweeps."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

from exconn.contracts import Checks, Kind, Service
from exconn.ledger import Limits, NewJob, Window
from tests.support.fault_runs.walk.brakes import REQUESTERS
from tests.support.fault_runs.walk.indexes import CONNECTOR

#: The breaker of all wipes of a walk; its tokens are kept for the whole walk.
BREAKER = Window(20, timedelta(seconds=1))
LIMITS = Limits(
    breaker=(BREAKER, Window(10_000_000, timedelta(days=1))),
    quota=(Window(10_000_000, timedelta(days=1)),),
    fleet_floor=10_000_000,
)
_DEVICES = 60
#: How long a wipe is good for, in milliseconds: that of some ends before anybody begins, or after a worker died of it.
_GOOD_FOR = (None, None, None, 20, 200, 1000)


def a_new_job(dice: random.Random, parents: Mapping[str, int], *, key: str, by: str, now: datetime) -> NewJob:
    """Any job; a part only of the `parents` (to the generations of their lists)."""
    weights = {Kind.WIPE: 6, Kind.SWEEP: 1, Kind.PARTITION: 5 if parents else 0}
    kind = dice.choices(list(weights), list(weights.values()))[0]
    is_wipe = kind is Kind.WIPE
    parent = dice.choice(sorted(parents)) if kind is Kind.PARTITION else None
    good_for = dice.choice(_GOOD_FOR) if is_wipe else None
    return NewJob(
        kind=kind,
        connector=CONNECTOR,
        payload="{}",
        idempotency_key=key,
        idempotency_digest="content",
        idempotency_kept=timedelta(seconds=10),
        service=Service.ACTIONS if is_wipe else Service.DISCOVERY,
        checks=Checks.ERASE if is_wipe else Checks.NONE,
        device=f"device-{dice.randrange(_DEVICES)}" if is_wipe else None,
        parent=parent,
        generation=parents[parent] if parent else 0,
        parked=kind is Kind.PARTITION and dice.random() < 0.8,
        delay=timedelta(milliseconds=dice.choice((0, 0, 0, 100))),
        valid_until=None if good_for is None else now + timedelta(milliseconds=good_for),
        requester=dice.choice(REQUESTERS),
        limits=LIMITS,
        by=by,
    )
