"""The jobs that the coordinator itself puts in: installations and scheduled sweeps."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from exconn.connector import ConnectorState
from exconn.contracts import KINDS, Kind
from exconn.contracts.work import FULL_SWEEPS, Install, Sweep
from exconn.coordinator.schedule import slot_key
from exconn.keyspace import keys
from exconn.ledger import Inserted, Ledger, NewJob

if TYPE_CHECKING:
    import redis

#: The keys of scheduled slots are kept this long, so that a slot never runs twice.
SLOT_KEPT = timedelta(days=7)

BY = "coordinator"


def insert_install(ledger: Ledger, state: ConnectorState) -> Inserted:
    """The job of this installation: whoever inserts it first, there is one."""
    row = KINDS[Kind.INSTALL]
    return ledger.insert(
        NewJob(
            kind=Kind.INSTALL,
            connector=state.name,
            payload=Install().model_dump_json(),
            idempotency_key=state.install_key,
            service=row.service,
            checks=row.checks,
            revision=state.revision,
            by=BY,
        )
    )


def insert_sweep(ledger: Ledger, client: "redis.Redis", state: ConnectorState, slot: datetime) -> Inserted:
    """The full sweep of a slot, once over all coordinators. Raises OpenActionError while another one is open."""
    row = KINDS[Kind.SWEEP]
    number = client.incr(keys.sweep_number(state.name))
    return ledger.insert(
        NewJob(
            kind=Kind.SWEEP,
            connector=state.name,
            payload=Sweep(mode="full", number=number).model_dump_json(),
            series=FULL_SWEEPS,
            idempotency_key=slot_key(slot),
            idempotency_kept=SLOT_KEPT,
            service=row.service,
            checks=row.checks,
            revision=state.revision,
            by=BY,
        )
    )
