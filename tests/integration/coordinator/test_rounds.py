"""Rounds of the coordinator on a real server: any number of coordinators do each thing once."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, Kind, Service, WaitReason
from exconn.coordinator.ring_again import Rounds
from exconn.coordinator.round import Coordinator, go_round_safely
from exconn.keyspace import connect, keys
from exconn.ledger import AccountTrouble, AccountTroubles, Ledger, NewJob, Outcome, State, account_troubles
from tests.support.jobs.new_wipes import new_wipe
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import free_port
from tests.support.system.coordinators import coordinator_of

if TYPE_CHECKING:
    import redis

NAME = "contoso"


@pytest.fixture
def make(redis_client: "redis.Redis", redis_url: str) -> Callable[..., Coordinator]:
    def one(*, broker: str = redis_url) -> Coordinator:
        client = connect(redis_url)
        return coordinator_of(client, broker, Ledger(client, ring_again=timedelta(milliseconds=20)))

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


def test_hourly_slots_do_not_stack_up_sweeps_while_one_is_open(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    store = ConnectorStore(redis_client)
    definition = parse_definition(sample_definition(NAME))
    hourly = definition.discovery.model_copy(update={"full_every_hours": 1, "full_at": None})
    store.apply(definition.model_copy(update={"discovery": hourly}), "operator")
    store.set_installed(NAME, "11111111-1111-1111-1111-111111111111", "worker")
    coordinator = make()
    installed = coordinator.ledger.time()

    for hour in range(48):
        with moved(coordinator, installed + timedelta(hours=hour, minutes=1)):
            coordinator.go_round()
    (open_sweep,) = redis_client.smembers(keys.open_jobs("discovery", NAME))
    assert redis_client.get(keys.sweep_number(NAME)) == "1"
    coordinator.ledger.cancel(str(open_sweep), by="operator")
    with moved(coordinator, installed + timedelta(hours=48, minutes=1)):
        coordinator.go_round()

    assert jobs_of(redis_client) == ["sweep"]
    assert not redis_client.sismember(keys.open_jobs("discovery", NAME), str(open_sweep))


@contextmanager
def moved(coordinator: Coordinator, now: datetime) -> Iterator[None]:
    """As if it were `now` when the round begins."""
    before = coordinator.ledger.time
    coordinator.ledger.time = lambda: now  # type: ignore[method-assign]  # the clock is an edge
    yield
    coordinator.ledger.time = before  # type: ignore[method-assign]


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


def test_jobs_that_a_lost_worker_left_waiting_for_an_account_that_works_again_are_due_after_a_round(
    make: Callable[..., Coordinator], redis_client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    ConnectorStore(redis_client).apply(parse_definition(sample_definition(NAME)), "operator")
    coordinator, troubles = make(), AccountTroubles(redis_client)
    coordinator.ledger.resume(NAME, by="operator")
    trouble = AccountTrouble(code=WaitReason.ACCOUNT_REFUSED, account="svc")
    troubles.found(NAME, trouble, by="worker")
    jobs = []
    for key in ("one", "two"):
        job = insert_wipe(coordinator.ledger, key)
        claim = coordinator.ledger.claim(job, "worker")
        assert claim is not None
        coordinator.ledger.defer(claim.lease, timedelta(hours=1), awaits=trouble.name)
        jobs.append(job)
    monkeypatch.setattr(account_troubles, "MOST_WOKEN", 1)
    assert troubles.over(NAME, trouble, by="a worker that dies then") == 1

    coordinator.go_round()

    assert [state_of(coordinator, job) for job in jobs] == [State.QUEUED, State.QUEUED]
    assert troubles.known(NAME) == []


def state_of(coordinator: Coordinator, job_id: str) -> State:
    job = coordinator.ledger.job(job_id)
    assert job is not None
    return job.state


def test_a_connector_whose_own_keys_are_broken_does_not_stop_the_others(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    store = ConnectorStore(redis_client)
    for name in ("alpha", "omega"):
        store.apply(parse_definition(sample_definition(name)), "operator")
    redis_client.set(keys.due("discovery", "alpha"), "no set")
    redis_client.set(keys.open_jobs("discovery", "alpha"), "no set")

    assert go_round_safely(make())

    assert jobs_of(redis_client, "omega") == ["install"]


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


@pytest.mark.parametrize(("seats", "in_flight"), [(8, 14), (18, 34)])
def test_as_many_parts_are_under_way_as_the_seats_of_the_definition_can_keep_busy(
    make: Callable[..., Coordinator], redis_client: "redis.Redis", seats: int, in_flight: int
) -> None:
    apply_seats(redis_client, seats)
    insert_parts(redis_client)

    make().go_round()

    assert redis_client.scard(keys.in_flight("partition", NAME)) == in_flight


def apply_seats(client: "redis.Redis", seats: int) -> None:
    definition = parse_definition(sample_definition(NAME))
    of_definition = definition.seats.model_copy(update={"total": seats, "for_actions": 1})
    ConnectorStore(client).apply(definition.model_copy(update={"seats": of_definition}), "operator")


def insert_parts(client: "redis.Redis") -> None:
    part = {"kind": Kind.PARTITION, "service": Service.DISCOVERY, "checks": Checks.NONE, "phase": ""}
    for number in range(40):
        Ledger(client).insert(new_wipe(NAME, f"part-{number}", parked=True, **part))


def test_a_revision_that_comes_again_with_other_seats_has_those(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    apply_seats(redis_client, 8)
    coordinator = make()
    coordinator.go_round()

    redis_client.delete(keys.CONNECTORS, keys.revisions(NAME))
    apply_seats(redis_client, 18)
    insert_parts(redis_client)
    coordinator.go_round()

    assert redis_client.scard(keys.in_flight("partition", NAME)) == 34


def test_seats_that_could_not_be_read_once_are_read_again(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    apply_seats(redis_client, 18)
    redis_client.rename(keys.revisions(NAME), "aside")
    coordinator = make()
    coordinator.go_round()

    redis_client.rename("aside", keys.revisions(NAME))
    insert_parts(redis_client)
    coordinator.go_round()

    assert redis_client.scard(keys.in_flight("partition", NAME)) == 34


def insert_wipe(ledger: Ledger, key: str) -> str:
    return ledger.insert(new_wipe(NAME, key)).job_id


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

    def rung() -> list[bytes | str]:
        Rounds(ledger, coordinator.bell, "test").reconcile(NAME)
        return redis_client.lrange("exconn.actions.contoso", 0, -1)

    (heard,) = wait_until(rung, timedelta(seconds=5), "the first doorbell to be taken for lost")
    assert "echo-" in json.loads(heard)["headers"]["id"]


def test_a_lost_job_of_a_removed_connector_ends_and_nobody_is_woken_for_it(
    make: Callable[..., Coordinator], redis_client: "redis.Redis"
) -> None:
    coordinator, store = make(), ConnectorStore(redis_client)
    store.apply(parse_definition(sample_definition(NAME)), "operator")
    new = NewJob(kind=Kind.POLICY_PLAN, connector=NAME, payload="{}", idempotency_key="k", service=Service.POLICY)
    job_id = coordinator.ledger.insert(new).job_id
    lost = Ledger(redis_client, lease=timedelta(milliseconds=1)).claim(job_id, "doomed")
    assert lost is not None
    store.remove(NAME, "operator")

    def has_ended() -> bool:
        coordinator.go_round()
        return jobs_of(redis_client) == []

    wait_until(has_ended, timedelta(seconds=5), "the job to end")
    assert redis_client.llen("exconn.policy.contoso") == 0
