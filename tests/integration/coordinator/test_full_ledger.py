"""A ledger server without memory takes nothing new; all that is in it goes on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.connector import parse_definition, sample_definition
from exconn.coordinator.round import Coordinator, go_round_safely
from exconn.keyspace import keys
from exconn.ledger import Ledger, Outcome
from exconn.stream import Number
from tests.support.jobs.new_wipes import new_wipe
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey
from tests.support.streams.records import messages_of
from tests.support.system.coordinators import HERE, coordinator_of

if TYPE_CHECKING:
    import redis


@pytest.fixture
def client(ledger_server: RestartableValkey) -> Iterator["redis.Redis"]:
    """A ledger server of its own, whose memory a test takes away."""
    with ledger_server.client() as found:
        yield found


@pytest.fixture
def coordinator(client: "redis.Redis", redis_url: str) -> Coordinator:
    return coordinator_of(client, redis_url)


def wipe_of(ledger: Ledger, connector: str, key: str) -> str:
    return ledger.insert(new_wipe(connector, key, requester="desk")).job_id


def fill(client: "redis.Redis") -> None:
    client.config_set("maxmemory", 1)


def numbers(client: "redis.Redis") -> list[int]:
    return [message.number for message in messages_of(client)]


def test_looks_retention_and_signs_of_life_go_on_while_a_slot_cannot_be_put_in(
    coordinator: Coordinator, client: "redis.Redis", redis_client: "redis.Redis"
) -> None:
    ledger = coordinator.ledger
    for name in ("alpha", "omega"):
        coordinator.store.apply(parse_definition(sample_definition(name)), "operator")
    coordinator.store.set_installed("alpha", "11111111-1111-1111-1111-111111111111", "worker")
    ledger.resume("omega", by="operator")
    wipe, ended = (wipe_of(ledger, "omega", key) for key in ("due", "ended"))
    claims = [ledger.claim(job_id, "worker") for job_id in (wipe, ended)]
    assert claims[0] and claims[1]  # noqa: PT018
    ledger.defer(claims[0].lease, timedelta(milliseconds=1))
    ledger.settle(claims[1].lease, Outcome.REFUSED)
    client.set(keys.CONFIRMED, f"{int(ledger.time().timestamp() * 1000) + 60_000}-0")
    due = ledger.time()
    wait_until(lambda: ledger.time() > due + timedelta(milliseconds=2), timedelta(seconds=5), "the wipe to be due")
    fill(client)

    assert go_round_safely(coordinator)

    assert redis_client.llen("exconn.actions.omega") == 1
    assert client.ttl(keys.job(ended)) > 0
    assert client.hexists(keys.HEARTBEATS, HERE)
    assert client.scard(keys.open_jobs("discovery", "alpha")) == 0

    for _ in range(2):
        assert go_round_safely(coordinator)
    assert numbers(client).count(Number.NOT_PUT_IN) == 2  # alpha's sweep and omega's installation, once each

    client.config_set("maxmemory", 0)
    assert go_round_safely(coordinator)
    assert client.scard(keys.open_jobs("discovery", "alpha")) == 1
    assert client.scard(keys.open_jobs("discovery", "omega")) + client.scard(keys.open_jobs("actions", "omega")) == 2

    client.delete(keys.CONNECTORS)


def test_an_interrupted_resume_comes_to_its_end_in_the_next_rounds(
    coordinator: Coordinator, client: "redis.Redis", redis_client: "redis.Redis"
) -> None:
    ledger = coordinator.ledger
    coordinator.store.apply(parse_definition(sample_definition("omega")), "operator")
    stopped = [wipe_of(ledger, "omega", f"k{number}") for number in range(12)]
    for place, job_id in enumerate(stopped):
        client.hset(keys.job(job_id), mapping={"state": "waiting", "wait": "switch", "due": ""})
        client.zrem(keys.due("actions", "omega"), job_id)
        client.zadd(keys.paused("actions", "omega"), {job_id: place})
    client.set(keys.switch("omega"), "running")  # the resume said so, and its process died

    go_round_safely(coordinator)

    assert client.zcard(keys.paused("actions", "omega")) == 0
    assert sorted(client.zrange(keys.due("actions", "omega"), 0, -1)) == sorted(
        str(job) for job in client.smembers(keys.open_jobs("actions", "omega"))
    )


def test_a_switch_that_is_on_keeps_the_stopped_jobs_stopped(coordinator: Coordinator, client: "redis.Redis") -> None:
    coordinator.store.apply(parse_definition(sample_definition("omega")), "operator")
    client.zadd(keys.paused("actions", "omega"), {"wipe-aaaaaaaaaaaaaaaa": 1})

    go_round_safely(coordinator)

    assert client.zcard(keys.paused("actions", "omega")) == 1
