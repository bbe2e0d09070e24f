"""What an upgrade puts into the indexes of what is open, and of what may end, is what this version puts there."""

from datetime import timedelta

import redis

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import HoldReason
from exconn.coordinator.open_indexes import index_open
from exconn.keyspace import keys
from exconn.ledger import Ledger
from tests.support.jobs.new_wipes import new_wipe

NAME, ORGANIZATION = "hq", "an-organization"


def test_indexes_that_are_gone_are_made_anew_as_they_were(redis_client: redis.Redis) -> None:
    store, ledger = ConnectorStore(redis_client), Ledger(redis_client)
    store.apply(parse_definition(sample_definition(NAME)), "anna")
    store.set_installed(NAME, ORGANIZATION, "discovery")
    ledger.resume(NAME, by="anna")
    valid = {"valid_until": ledger.time() + timedelta(hours=1), "organization": ORGANIZATION}
    made = [
        ledger.insert(new_wipe(NAME, f"key-{number}", requester=f"r{number % 2}", **valid)).job_id
        for number in range(5)
    ]
    ended, held = ledger.claim(made[0], "worker"), ledger.claim(made[1], "worker")
    assert ended is not None
    assert held is not None
    ledger.settle(ended.lease, "succeeded")
    ledger.hold(held.lease, HoldReason.NO_MAILBOX)
    ledger.pause(NAME, by="anna")
    assert ledger.claim(made[2], "worker") is None
    names = [*(keys.open_of(ORGANIZATION, one) for one in ("r0", "r1")), keys.expiring("actions", NAME)]
    before = [redis_client.zrange(name, 0, -1, withscores=True) for name in names]
    assert [len(each) for each in before] == [2, 2, 2]

    redis_client.delete(*names)
    index_open(redis_client, store.states())
    index_open(redis_client, store.states())

    assert [redis_client.zrange(name, 0, -1, withscores=True) for name in names] == before
