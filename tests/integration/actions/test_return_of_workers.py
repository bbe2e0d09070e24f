"""Workers come back to two thousand open wipes: a new one is issued first, by a real worker at the simulator."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.contracts import KINDS, Kind, Service
from exconn.coordinator.ring_again import QueueShare, Rounds
from exconn.doorbell import Bell
from exconn.keyspace import connect, keys
from exconn.ledger import Inserted, NewJob, Ring
from exconn.stream import Number
from tests.support.exchange.simulator import start_simulator
from tests.support.jobs.new_wipes import OPEN_BRAKES
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, make_wiping
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.streams.records import messages_of

if TYPE_CHECKING:
    import redis

OPEN = 2_000
#: Some of them are no phones that can be wiped.
DEVICES = 2_800
SLOTS = 2
WITHIN = timedelta(seconds=60)
SHARE = QueueShare(total=SLOTS, for_actions=1)


@pytest.fixture
def away(redis_client: "redis.Redis", tmp_path: Path) -> Iterator[Wiping]:
    """An organization whose workers are away, with a phone for each open wipe and one more."""
    simulator = start_simulator(tmp_path / "simulator", devices=DEVICES, seed=11, phone_sync="1h")
    made = make_wiping(redis_client, simulator, tmp_path)
    yield made
    made.close()
    simulator.close()


def put_in(away: Wiping, guid: str, *, phase: str) -> Inserted:
    """A wipe that has come so far."""
    payload, request = away.payload(guid)
    row = KINDS[Kind.WIPE]
    return away.ledger.insert(
        NewJob(
            kind=Kind.WIPE,
            connector=CONNECTOR,
            payload=payload.model_dump_json(),
            idempotency_key=request.nonce,
            service=row.service,
            checks=row.checks,
            device=guid,
            requester="operator",
            valid_until=request.valid_until,
            limits=OPEN_BRAKES,
            phase=phase,
            revision=1,
        )
    )


def phones(away: Wiping) -> list[str]:
    found = away.simulator.devices(limit=DEVICES)
    plain = [str(each["guid"]) for each in found if not str(each["device_type"]).startswith("Outlook")]
    assert len(plain) > OPEN
    return plain[: OPEN + 1]


@pytest.mark.slow
def test_a_new_wipe_is_issued_before_the_looks_at_two_thousand_others(
    away: Wiping, redis_url: str, processes: ChildProcesses, tmp_path: Path
) -> None:
    *others, phone = phones(away)
    bell = Bell(connect(redis_url, text=False))
    for guid in others:
        put_in(away, guid, phase="issued")
    for _ in range(3):
        for name in (keys.due("actions", CONNECTOR), keys.rung("actions", CONNECTOR)):
            away.client.zunionstore(name, {name: 0})  # hours pass
        Rounds(away.ledger, bell, "test").reconcile(CONNECTOR, SHARE)
    new = put_in(away, phone, phase="accepted")
    ring = Ring(job_id=new.job_id, kind=Kind.WIPE, service=Service.ACTIONS, ring=new.ring, head=new.head)
    bell.ring(ring, CONNECTOR)

    worker = processes.start(
        "actions",
        "-m",
        "exconn.actions",
        env={
            "EXCONN_BROKER_URL": redis_url,
            "EXCONN_LEDGER_URL": redis_url,
            "EXCONN_LEDGER_DURABILITY": "volatile",
            "EXCONN_REQUESTERS_FILE": str(away.registry),
            "EXCONN_STATE_DIR": str(tmp_path),
            "EXCONN_WORKER_CONCURRENCY": str(SLOTS),
        },
    )
    field = f"actions/{os.uname().nodename}/{worker.pid}"
    worker.wait_until(lambda: away.client.hexists(keys.HEARTBEATS, field), WITHIN, "the worker's return")
    returned = away.ledger.time()
    wait_until(lambda: away.told(new.job_id, Number.WIPE_ISSUED), WITHIN, "the new wipe to be issued")

    claims = [message.job for message in messages_of(away.client) if message.number == Number.JOB_CLAIMED]
    assert claims.index(new.job_id) < SLOTS
    assert away.clears(phone) == 1
    (issued,) = away.told(new.job_id, Number.WIPE_ISSUED)
    print(f"issued {(issued.at - returned).total_seconds():.2f} s after the worker's return")
