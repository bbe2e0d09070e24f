"""Rounds of the coordinator while a fallen worker has written a connector's state, or a trouble of its account."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import LEDGER_MARK
from exconn.coordinator.round import Coordinator
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger
from tests.support.jobs.new_wipes import new_wipe
from tests.support.machine.processes import wait_until
from tests.support.streams.written import WRITTEN
from tests.support.system.coordinators import coordinator_of

if TYPE_CHECKING:
    import redis

FALLEN, OTHER = "contoso", "fabrikam"
AT_ONCE = timedelta(milliseconds=20)


@pytest.fixture
def coordinator(redis_client: "redis.Redis", redis_url: str) -> Iterator[Coordinator]:
    store = ConnectorStore(redis_client)
    for name in (FALLEN, OTHER):
        store.apply(parse_definition(sample_definition(name)), "operator")
    client = connect(redis_url)
    yield coordinator_of(client, redis_url, Ledger(client, ring_again=AT_ONCE))
    client.close()


@pytest.mark.parametrize("text", WRITTEN)
def test_a_state_that_cannot_be_read_keeps_no_work_from_other_connectors(
    coordinator: Coordinator, redis_client: "redis.Redis", text: str
) -> None:
    redis_client.hset(keys.CONNECTORS, FALLEN, text)

    coordinator.go_round()

    assert redis_client.llen(f"exconn.discovery.{OTHER}") == 1


@pytest.mark.parametrize("confirmed", ["99999999999999999-0", "18446744073709551615-0"])
def test_a_record_dated_ahead_that_the_monitor_confirms_keeps_no_settled_job_from_leaving(
    coordinator: Coordinator, redis_client: "redis.Redis", confirmed: str
) -> None:
    job = coordinator.ledger.insert(new_wipe(FALLEN, "one")).job_id
    coordinator.ledger.cancel(job, by="operator")
    redis_client.set(keys.CONFIRMED, confirmed)

    def expires() -> bool:
        coordinator.go_round()
        return int(redis_client.ttl(keys.job(job))) > 0

    wait_until(expires, timedelta(seconds=10), "the settled job to expire")


@pytest.mark.parametrize("text", WRITTEN)
def test_a_trouble_that_cannot_be_read_keeps_no_doorbell_from_its_connector(
    coordinator: Coordinator, redis_client: "redis.Redis", text: str
) -> None:
    coordinator.go_round()
    redis_client.delete(f"exconn.discovery.{FALLEN}")
    redis_client.hset(keys.troubles(FALLEN), "connection", text)

    def is_rung() -> bool:
        coordinator.go_round()
        return bool(redis_client.llen(f"exconn.discovery.{FALLEN}"))

    wait_until(is_rung, timedelta(seconds=10), "the doorbell to be rung again")


@pytest.mark.parametrize("text", WRITTEN)
def test_a_ledger_that_was_set_back_is_paused_also_where_a_state_cannot_be_read(
    coordinator: Coordinator, redis_client: "redis.Redis", text: str
) -> None:
    for name in (FALLEN, OTHER):
        coordinator.ledger.resume(name, by="operator")
    redis_client.hset(keys.CONNECTORS, FALLEN, text)
    redis_client.set(LEDGER_MARK, "1000")

    coordinator.go_round()

    assert [coordinator.ledger.switch(name) for name in (FALLEN, OTHER)] == ["paused", "paused"]
