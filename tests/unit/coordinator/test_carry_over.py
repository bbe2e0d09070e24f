"""What an earlier version held for a trouble of the account or the connection goes on when it is carried over."""

import pytest
import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import TROUBLES, HoldReason, WaitReason
from exconn.coordinator.carry_over import carry_over
from exconn.keyspace import keys
from exconn.ledger import Ledger, State
from tests.support.jobs.new_wipes import new_wipe

CONNECTOR = "hq"
TEXT = "Account CORP\\svc is not authorized on ex1 (401). Check its password"


def held(client: redis.Redis, ledger: Ledger, reason: str) -> str:
    """A job as an earlier version left it."""
    job = ledger.insert(new_wipe(CONNECTOR, reason)).job_id
    client.hset(keys.job(job), mapping={"state": "held", "reason": reason, "wait": ""})
    client.zrem(keys.due("actions", CONNECTOR), job)
    return job


@pytest.mark.parametrize("reason", [*sorted(TROUBLES), TEXT])
def test_a_job_that_was_held_for_what_is_a_state_of_the_account_by_now_is_due(
    redis_client: redis.Redis, reason: WaitReason | str
) -> None:
    store, ledger = ConnectorStore(redis_client), Ledger(redis_client)
    store.apply(parse_definition(sample_definition(CONNECTOR)), "operator")
    goes_on, stays = (held(redis_client, ledger, each) for each in (reason, HoldReason.UNDELIVERED))

    assert carry_over(ledger, store, by="carry-over") == {goes_on}

    jobs = [ledger.job(job) for job in (goes_on, stays)]
    assert [job and job.state for job in jobs] == [State.QUEUED, State.HELD]
    assert redis_client.zscore(keys.due("actions", CONNECTOR), goes_on) is not None
    assert carry_over(ledger, store, by="carry-over") == set()
