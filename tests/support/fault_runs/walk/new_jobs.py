"""The jobs that a walk puts in: wipes, some of them good for a moment only, sweeps, and parts of sweeps."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from exconn.contracts import Checks, Kind, Service
from exconn.ledger import Limits, NewJob, Window
from tests.support.fault_runs.walk.brakes import FRUGAL, FRUGAL_QUOTA, REQUESTERS
from tests.support.fault_runs.walk.indexes import CONNECTOR

#: The breaker of all wipes of a walk; its tokens are kept for the whole walk.
BREAKER = Window(20, timedelta(seconds=1))
_DAY = timedelta(days=1)
LIMITS = Limits(
    breaker=(BREAKER, Window(10_000_000, _DAY)),
    quota=(Window(10_000_000, _DAY),),
    fleet_floor=10_000_000,
)
FRUGAL_LIMITS = replace(LIMITS, quota=(Window(FRUGAL_QUOTA, _DAY),))
_DEVICES = 60
#: How long a wipe is good for, in milliseconds: that of some ends before anybody begins, or after a worker died of it.
_GOOD_FOR = (None, None, None, 20, 200, 1000)


def a_new_job(
    dice: random.Random, parents: Mapping[str, int], *, key: str, by: str, now: datetime, nonce: str
) -> NewJob:
    """Any job; a part only of the `parents` (to the generations of their lists). A wipe is for what `nonce` names."""
    weights = {Kind.WIPE: 6, Kind.SWEEP: 1, Kind.PARTITION: 5 if parents else 0}
    kind = dice.choices(list(weights), list(weights.values()))[0]
    is_wipe = kind is Kind.WIPE
    parent = dice.choice(sorted(parents)) if kind is Kind.PARTITION else None
    good_for = dice.choice(_GOOD_FOR) if is_wipe else None
    requester = dice.choices(REQUESTERS, (2, 2, 1))[0] if is_wipe else REQUESTERS[0]
    # What it has open is its own: nobody else takes the place of it.
    phones = "frugal-device" if requester == FRUGAL else "device"
    return NewJob(
        kind=kind,
        connector=CONNECTOR,
        payload=json.dumps({"nonce": nonce}) if is_wipe else "{}",
        idempotency_key=key,
        idempotency_digest="content",
        idempotency_kept=timedelta(seconds=10),
        service=Service.ACTIONS if is_wipe else Service.DISCOVERY,
        checks=Checks.ERASE if is_wipe else Checks.NONE,
        device=f"{phones}-{dice.randrange(_DEVICES)}" if is_wipe else None,
        parent=parent,
        generation=parents[parent] if parent else 0,
        parked=kind is Kind.PARTITION and dice.random() < 0.8,
        delay=timedelta(milliseconds=dice.choice((0, 0, 0, 100))),
        valid_until=None if good_for is None else now + timedelta(milliseconds=good_for),
        requester=requester,
        limits=FRUGAL_LIMITS if requester == FRUGAL else LIMITS,
        by=by,
    )


def nonce_in(payload: str) -> str:
    """What a wipe is for."""
    return str(json.loads(payload or "{}").get("nonce", ""))
