"""Rounds of the coordinator on a real server: any number of coordinators do each thing once."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, HoldReason, Kind, Service
from exconn.coordinator.ring_again import reconcile
from exconn.coordinator.round import Coordinator, go_round_safely
from exconn.coordinator.set_back import SetBackWatch
from exconn.doorbell import Bell
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger, NewJob, Outcome, State
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import free_port

if TYPE_CHECKING:
    import redis

NAME = "contoso"


@pytest.fixture
def make(redis_client: "redis.Redis", redis_url: str) -> Callable[..., Coordinator]:
    def one(*, broker: str = redis_url) -> Coordinator:
        client = connect(redis_url)
        ledger, queues = Ledger(client, ring_again=timedelta(milliseconds=20)), connect(broker, text=False)
        return Coordinator(
            client=client,
            ledger=ledger,
            bell=Bell(queues),
            store=ConnectorStore(client),
            set_back=SetBackWatch(queues, ledger),
        )

    return one


def jobs_of(client: "redis.Redis", name: str = NAME) -> list[str]:
    return sorted(str(job).rpartition("-")[0] for job in Ledger(client).unsettled(name))


def test_a_flagged_connector_gets_one_installation_from_many_coordinators(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    ConnectorStore(redis_client).apply(parse_definition(sample_definition(NAME)), "operator")

    for coordinator in (make(), make(), make()):
        coordinator.go_round()

    assert jobs_of(redis_client) == ["install"]
    assert redis_client.llen("exconn.discovery.contoso") >= 1


def test_an_installed_connector_gets_one_sweep_per_slot_from_many_coordinators(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    store = ConnectorStore(redis_client)
    store.apply(parse_definition(sample_definition(NAME)), "operator")
    store.set_installed(NAME, "11111111-1111-1111-1111-111111111111", "worker")

    for coordinator in (make(), make(), make()):
        coordinator.go_round()
        coordinator.go_round()

    assert jobs_of(redis_client) == ["sweep"]


def test_a_doorbell_that_nobody_heard_is_rung_again(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    ConnectorStore(redis_client).apply(parse_definition(sample_definition(NAME)), "operator")
    coordinator = make()
    coordinator.go_round()
    redis_client.delete("exconn.discovery.contoso")  # the broker forgot it

    def rung() -> bool:
        coordinator.go_round()
        return redis_client.llen("exconn.discovery.contoso") > 0

    wait_until(rung, timedelta(seconds=10), "the doorbell to be rung again")


def test_a_broker_out_of_reach_does_not_end_the_coordinator(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    ConnectorStore(redis_client).apply(parse_definition(sample_definition(NAME)), "operator")

    assert go_round_safely(make(broker=f"redis://127.0.0.1:{free_port()}/0"))

    assert jobs_of(redis_client) == ["install"]


def test_a_connector_that_cannot_be_read_does_not_stop_the_others(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    store = ConnectorStore(redis_client)
    for name in ("alpha", "omega"):
        store.apply(parse_definition(sample_definition(name)), "operator")
        store.set_installed(name, f"{name[0]}1111111-1111-1111-1111-111111111111", "worker")
    redis_client.delete(keys.revisions("alpha"))

    make().go_round()

    assert jobs_of(redis_client, "omega") == ["sweep"]


@pytest.mark.parametrize(
    "reason", [HoldReason.UNDELIVERED, HoldReason.CANCEL_WITHOUT_EFFECT, HoldReason.ACCOUNT_REFUSED]
)
def test_a_held_wipe_that_is_in_exchange_gets_a_look_and_one_that_is_not_stays(
    make: Callable[..., Coordinator], redis_client: "redis.Redis", reason: HoldReason
) -> None:
    store = ConnectorStore(redis_client)
    store.apply(parse_definition(sample_definition(NAME)), "operator")
    coordinator = make()
    followed, other = (hold(coordinator.ledger, reason, phase) for phase in ("issued", "issuing"))

    coordinator.go_round()

    jobs = [coordinator.ledger.job(one) for one in (followed, other)]
    assert [job and job.state for job in jobs] == [State.QUEUED, State.HELD]


def state_of(coordinator: Coordinator, job_id: str) -> State:
    job = coordinator.ledger.job(job_id)
    assert job is not None
    return job.state


def test_a_held_wipe_is_looked_at_once_and_not_in_every_round(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    ConnectorStore(redis_client).apply(parse_definition(sample_definition(NAME)), "operator")
    coordinator = make()
    wipe = hold(coordinator.ledger, HoldReason.UNDELIVERED, "issued")
    coordinator.go_round()
    assert state_of(coordinator, wipe) is State.QUEUED
    claim = coordinator.ledger.claim(wipe, "worker")
    assert claim is not None
    coordinator.ledger.hold(claim.lease, HoldReason.UNDELIVERED, phase="issued")

    coordinator.go_round()

    assert state_of(coordinator, wipe) is State.HELD


def test_a_connector_that_was_removed_is_neither_installed_nor_swept(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    store = ConnectorStore(redis_client)
    for name, installed in (("alpha", False), ("omega", True)):
        store.apply(parse_definition(sample_definition(name)), "operator")
        if installed:
            store.set_installed(name, "11111111-1111-1111-1111-111111111111", "worker")
        store.remove(name, "operator")

    make().go_round()

    assert (jobs_of(redis_client, "alpha"), jobs_of(redis_client, "omega")) == ([], [])


def hold(ledger: Ledger, reason: HoldReason, phase: str) -> str:
    job = ledger.insert(
        NewJob(
            kind=Kind.WIPE,
            connector=NAME,
            payload="{}",
            idempotency_key=phase,
            service=Service.ACTIONS,
            checks=Checks.ERASE,
            phase="accepted",
        )
    ).job_id
    claim = ledger.claim(job, "worker")
    assert claim is not None
    ledger.hold(claim.lease, reason, phase=phase)
    return job


def test_a_settled_job_leaves_the_ledger_only_after_the_projector_has_it(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    coordinator = make()
    job = coordinator.ledger.insert(
        NewJob(kind=Kind.ECHO, connector=NAME, payload="{}", idempotency_key="e", service=Service.DISCOVERY)
    ).job_id
    claim = coordinator.ledger.claim(job, "worker")
    assert claim is not None
    coordinator.ledger.settle(claim.lease, Outcome.SUCCEEDED)

    coordinator.go_round()
    assert redis_client.ttl(keys.job(job)) == -1

    redis_client.set(keys.CONFIRMED, f"{int(coordinator.ledger.time().timestamp() * 1000) + 1000}-0")
    coordinator.go_round()
    assert redis_client.ttl(keys.job(job)) > 0


def test_a_job_of_a_newer_version_does_not_keep_the_doorbells_behind_it_from_ringing(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    coordinator = make()
    ledger = coordinator.ledger
    for due, (kind, service) in enumerate((("seize", "customs"), ("seize", "actions"), ("echo", "actions")), start=1):
        new = NewJob(kind=kind, connector=NAME, payload="{}", idempotency_key=service + kind, service=Service.ACTIONS)
        inserted = ledger.insert(new)
        redis_client.hset(keys.job(inserted.job_id), "service", service)
        redis_client.zadd(keys.due("actions", NAME), {inserted.job_id: due})

    reconcile(ledger, coordinator.bell, NAME, by="test")

    (heard,) = redis_client.lrange("exconn.actions.contoso", 0, -1)
    assert "echo-" in json.loads(heard)["headers"]["id"]
