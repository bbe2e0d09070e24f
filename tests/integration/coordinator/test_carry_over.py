"""Carrying over what an earlier version left in the hands of workers that are gone, and what it held for nobody."""

from datetime import timedelta
from typing import Any

import pytest
import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.coordinator.carry_over import carry_over
from exconn.keyspace import keys
from exconn.ledger import Ledger, NewJob, Outcome, State

NAME = "contoso"
#: As versions before codes wrote it.
TEXT = "Exchange could not be reached at ex1: refused"


class Earlier:
    """A ledger as an earlier version left it."""

    def __init__(self, client: redis.Redis) -> None:
        self.client, self.store = client, ConnectorStore(client)
        self.ledger, self.brief = Ledger(client), Ledger(client, lease=timedelta(milliseconds=400))
        self.store.apply(parse_definition(sample_definition(NAME)), "operator")

    def insert(self, kind: Kind, **changes: Any) -> str:
        key = str(self.client.incr("count"))
        told = {"payload": "{}", "service": Service.ACTIONS, "checks": Checks.NONE} | changes
        new = NewJob(kind=kind, connector=NAME, idempotency_key=key, **told)
        return self.ledger.insert(new).job_id

    def write(self, job_id: str, **fields: str) -> None:
        for name, value in fields.items():
            self.client.hset(keys.job(job_id), name, value)

    def held(self, kind: Kind, **changes: Any) -> str:
        """A held job, though this version would not hold it: what differs is written afterwards."""
        job_id = self.insert(kind)
        claim = self.ledger.claim(job_id, "worker")
        assert claim is not None
        self.ledger.hold(claim.lease, HoldReason.NO_MAILBOX)
        self.write(job_id, reason=HoldReason.NO_MAILBOX, **changes)
        return job_id


@pytest.fixture
def earlier(redis_client: redis.Redis) -> Earlier:
    return Earlier(redis_client)


@pytest.mark.slow
def test_a_job_whose_worker_is_gone_is_waited_for_and_carried_over(earlier: Earlier) -> None:
    job_id = earlier.insert(Kind.WIPE, phase="accepted")
    assert earlier.brief.claim(job_id, "gone") is not None
    earlier.write(job_id, reason=TEXT)

    assert len(carry_over(earlier.ledger, earlier.store, by="carry-over")) == 1

    job = earlier.ledger.job(job_id)
    assert job is not None
    assert (job.reason, job.state) == ("", State.CLAIMED)
    assert earlier.ledger.claim(job_id, "next") is not None


@pytest.mark.parametrize("fields", [{"parent": "sweep-aaaaaaaaaaaaaaaa"}, {"cancel": "1"}])
def test_what_an_earlier_version_holds_for_nobody_is_cancelled(earlier: Earlier, fields: dict[str, str]) -> None:
    forgotten, wanted = earlier.held(Kind.PARTITION, **fields), earlier.held(Kind.PARTITION)

    assert len(carry_over(earlier.ledger, earlier.store, by="carry-over")) == 1

    jobs = [earlier.ledger.job(each) for each in (forgotten, wanted)]
    assert [job.outcome or job.state for job in jobs if job] == [Outcome.CANCELLED, State.HELD]


@pytest.mark.parametrize("fields", [{"parent": "sweep-aaaaaaaaaaaaaaaa"}, {"cancel": "1"}])
def test_a_wipe_is_not_cancelled_by_what_only_its_hash_says(earlier: Earlier, fields: dict[str, str]) -> None:
    job_id = earlier.held(Kind.WIPE, **fields)

    carry_over(earlier.ledger, earlier.store, by="carry-over")

    job = earlier.ledger.job(job_id)
    assert job is not None
    assert (job.state, earlier.client.exists(keys.cancelled(job_id))) == (State.HELD, 0)


def test_a_held_wipe_that_intake_was_asked_to_cancel_is_cancelled(earlier: Earlier) -> None:
    job_id = earlier.held(Kind.WIPE, cancel="1")
    earlier.client.set(keys.cancelled(job_id), "1")

    assert carry_over(earlier.ledger, earlier.store, by="carry-over") == {job_id}

    job = earlier.ledger.job(job_id)
    assert job is not None
    assert job.outcome == Outcome.CANCELLED
