"""What a fallen coordinator writes into the hash of an action, by its own user, does not decide what begins."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from sqlalchemy import select

from exconn.actions.verify import as_read
from exconn.keyspace import connect, keys
from exconn.ledger import LeaseLostError, Ledger, Proven, Stopped
from exconn.ledger.lua import ISSUED_KEPT
from exconn.monitor.database import open_database
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.tables import alarms, jobs
from exconn.signing import new_signing_key
from tests.conformance.access.conftest import Guarded
from tests.support.jobs.new_wipes import new_wipe

PHONE = "11111111-2222-4333-8444-555555555555"


class Company:
    """Services of one ledger, each with its own user, and a coordinator that has fallen."""

    def __init__(self, users: dict[str, redis.Redis]) -> None:
        self.coordinator, self.intake, self.monitor = users["coordinator"], users["intake"], users["monitor"]
        self.worker = Ledger(users["actions"])

    def insert(self, connector: str = "north") -> str:
        ledger = Ledger(self.intake)
        ledger.resume(connector, by="boss")
        return ledger.insert(new_wipe(connector, uuid4().hex, device=PHONE)).job_id

    def hset(self, job_id: str, **fields: str) -> None:
        """What the coordinator may write."""
        for name, value in fields.items():
            self.coordinator.hset(keys.job(job_id), name, value)


@pytest.fixture
def company(guarded: Guarded) -> Iterator[Company]:
    with contextlib.ExitStack() as stack:
        admin = stack.enter_context(contextlib.closing(guarded.servers["ledger"].client()))
        admin.flushdb()
        users = ("coordinator", "intake", "actions", "monitor")
        clients = {user: connect(guarded.url(user, "ledger")) for user in users}
        for client in clients.values():
            stack.enter_context(contextlib.closing(client))
        yield Company(clients)


@pytest.mark.parametrize(
    "lie",
    [
        {"connector": "south"},
        {"device": "99999999-2222-4333-8444-555555555555"},
        {"kind": "block"},
        {"service": "policy"},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_job_that_was_changed_behind_its_claim_does_not_begin_under_the_switch_of_another_connector(
    company: Company, lie: dict[str, str]
) -> None:
    job_id = company.insert()
    Ledger(company.intake).resume("south", by="boss")
    claim = company.worker.claim(job_id, "worker")
    assert claim is not None
    company.hset(job_id, **lie)

    with pytest.raises(LeaseLostError):
        company.worker.begin(claim.lease, proven=Proven(read=as_read(claim.job)))

    assert company.coordinator.hget(keys.job(job_id), "begun") is None


def test_an_accepted_wipe_that_a_coordinator_says_has_ended_is_refused_and_named_with_its_message(
    company: Company, tmp_path: Path
) -> None:
    job_id = company.insert()
    period = int(company.worker.time().timestamp() // ISSUED_KEPT.total_seconds())
    company.coordinator.sadd(keys.ended(period), job_id)
    claim = company.worker.claim(job_id, "worker")
    assert claim is not None

    with pytest.raises(Stopped, match=r"refused.*not_as_signed"):
        company.worker.begin(claim.lease)

    engine = open_database(f"sqlite:///{tmp_path / 'read model.db'}")
    public = new_signing_key().private.public_key()
    projector = Projector(engine, company.monitor, ProjectorLease(company.monitor, "test"), public)
    projector.open()
    projector.step(idle_wait=timedelta(milliseconds=1))
    with engine.connect() as connection:
        raised = list(connection.execute(select(alarms.c.name)).scalars())
        shown = list(connection.execute(select(jobs.c.state)).scalars())
    engine.dispose()
    assert (raised, "settled" in shown) == (["record-not-signed"], False)
