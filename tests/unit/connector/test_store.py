"""Connector states and revisions on a real server: each order once, announced once."""

import json
import threading
from collections.abc import Callable

import pytest
import redis

from exconn.connector import (
    ConnectorStore,
    ContendedError,
    NotInstalledError,
    OpenActionsError,
    OrganizationTakenError,
    UnknownConnectorError,
    parse_definition,
    sample_definition,
)
from exconn.keyspace import keys
from exconn.stream import Number
from tests.support.network.round_trips import RoundTrips
from tests.support.streams.records import messages_of

ORGANIZATION = "0e6b1f9c-3f5c-4f0e-9a53-0c6a2b1d7e11"


@pytest.fixture
def store(redis_client: redis.Redis) -> ConnectorStore:
    store = ConnectorStore(redis_client)
    store.apply(parse_definition(sample_definition("north")), "anna")
    return store


def announced(client: redis.Redis) -> list[int]:
    messages = messages_of(client)
    assert [message.sequence for message in messages] == list(range(1, len(messages) + 1))
    return [message.number for message in messages]


def test_first_apply_flags_the_connector_for_installation(store: ConnectorStore, redis_client: redis.Redis) -> None:
    state = store.get("north")

    assert (state.state, state.revision, state.armed, state.status_id) == ("flagged", 1, (), None)
    assert announced(redis_client) == [Number.CONNECTOR_FLAGGED]
    (message,) = messages_of(redis_client)
    assert (message.by, message.connector, message.data) == ("anna", "north", {"revision": 1})


def test_same_definition_again_changes_nothing(store: ConnectorStore, redis_client: redis.Redis) -> None:
    before = store.get("north")

    again = store.apply(parse_definition(sample_definition("north")), "bert")

    assert again == before
    assert len(announced(redis_client)) == 1


def test_new_definition_is_a_new_revision_and_keeps_the_state(store: ConnectorStore) -> None:
    store.set_installed("north", ORGANIZATION, "discovery")
    store.arm("north", "actions", "actions")

    state = store.apply(parse_definition(sample_definition("north", longest_pause="9m")), "anna")

    assert (state.revision, state.state, state.armed, state.flagged) == (2, "installed", ("actions",), 1)


def test_definition_that_was_compared_with_another_one_than_the_newest_is_not_taken(store: ConnectorStore) -> None:
    compared = store.apply(parse_definition(sample_definition("north")), "anna")
    store.apply(parse_definition(sample_definition("north", longest_pause="8m")), "bert")

    with pytest.raises(ContendedError):
        store.apply(parse_definition(sample_definition("north", longest_pause="9m")), "anna", over=compared)

    assert store.get("north").revision == 2


def test_jobs_keep_the_settings_of_their_revision_but_use_the_newest_servers(store: ConnectorStore) -> None:
    moved = sample_definition("north", longest_pause="9m", url="https://new.example.org/PowerShell/")
    store.apply(parse_definition(moved), "anna")

    old, new = store.definition("north", 1), store.definition("north")

    assert old.lookups != new.lookups
    assert old.exchange == new.exchange
    assert old.accounts == new.accounts


def test_installation_announces_1015_once(store: ConnectorStore, redis_client: redis.Redis) -> None:
    for _ in range(2):
        state = store.set_installed("north", ORGANIZATION, "discovery", job="install-aaaaaaaaaaaaaaaa")

    assert (state.state, state.status_id, state.organization) == ("installed", 1015, ORGANIZATION)
    assert announced(redis_client) == [Number.CONNECTOR_FLAGGED, 1015]


def test_one_organization_has_one_connector(store: ConnectorStore) -> None:
    store.set_installed("north", ORGANIZATION, "discovery")
    store.apply(parse_definition(sample_definition("south")), "anna")

    with pytest.raises(OrganizationTakenError) as caught:
        store.set_installed("south", ORGANIZATION, "discovery")
    assert caught.value.owner == "north"

    store.remove("north", "anna")
    assert store.set_installed("south", ORGANIZATION, "discovery").state == "installed"


def test_arming_needs_an_installed_connector(store: ConnectorStore) -> None:
    with pytest.raises(NotInstalledError):
        store.arm("north", "actions", "actions")


def test_features_are_armed_and_disarmed_apart_and_announced_once(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    store.set_installed("north", ORGANIZATION, "discovery")
    for _ in range(2):
        store.arm("north", "policy", "policy")
        store.arm("north", "actions", "actions")
    assert store.get("north").armed == ("actions", "policy")

    for _ in range(2):
        store.disarm("north", "policy", "anna")

    assert store.get("north").armed == ("actions",)
    assert announced(redis_client)[2:] == [
        Number.CONNECTOR_ARMED,
        Number.CONNECTOR_ARMED,
        Number.CONNECTOR_DISARMED,
    ]


def test_removal_is_refused_while_actions_are_open(store: ConnectorStore, redis_client: redis.Redis) -> None:
    redis_client.hset(keys.open_actions("north"), "a-guid", "wipe-aaaaaaaaaaaaaaaa")

    with pytest.raises(OpenActionsError) as caught:
        store.remove("north", "anna")

    assert caught.value.actions == ("wipe-aaaaaaaaaaaaaaaa",)
    assert store.get("north").state == "flagged"


def test_removed_connector_takes_no_orders_until_it_is_applied_again(store: ConnectorStore) -> None:
    store.set_installed("north", ORGANIZATION, "discovery")
    store.arm("north", "actions", "actions")
    store.remove("north", "anna")
    store.remove("north", "anna")

    assert store.names() == []
    for order in (lambda: store.disarm("north", "actions", "x"), lambda: store.set_installed("north", "o", "x")):
        with pytest.raises(UnknownConnectorError):
            order()

    again = store.apply(parse_definition(sample_definition("north")), "anna")
    assert (again.state, again.revision, again.armed, again.install_key) == ("flagged", 2, (), "install:2")


def test_unknown_connector_is_named_with_the_remedy(store: ConnectorStore) -> None:
    with pytest.raises(UnknownConnectorError, match="connector apply"):
        store.get("west")


def test_last_error_is_kept_and_cleared_by_the_installation(store: ConnectorStore) -> None:
    store.set_last_error("north", "no answer")
    assert store.get("north").last_error == "no answer"

    assert store.set_installed("north", ORGANIZATION, "discovery").last_error is None


def test_concurrent_orders_all_take_effect(
    store: ConnectorStore, open_redis: Callable[..., redis.Redis], redis_client: redis.Redis
) -> None:
    store.set_installed("north", ORGANIZATION, "discovery")
    stores = [ConnectorStore(open_redis()) for _ in range(4)]

    def order(number: int) -> None:
        for round_ in range(5):
            longest_pause = f"{6 + number * 5 + round_}m"
            stores[number].apply(parse_definition(sample_definition("north", longest_pause=longest_pause)), "x")
            stores[number].arm("north", "actions" if number % 2 else "policy", "x")

    threads = [threading.Thread(target=order, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    state = store.get("north")
    assert (state.revision, state.armed) == (21, ("actions", "policy"))
    assert len([field for field in redis_client.hkeys(keys.revisions("north")) if str(field).isdecimal()]) == 21
    assert announced(redis_client).count(Number.CONNECTOR_ARMED) == 2


def test_state_on_the_server_has_the_agreed_fields(store: ConnectorStore, redis_client: redis.Redis) -> None:
    raw = json.loads(redis_client.hget(keys.CONNECTORS, "north") or "")

    assert {"name", "revision", "state", "organization", "armed", "status_id", "installed_at", "applied_at"} <= set(raw)


def test_orders_work_after_the_server_forgot_its_scripts(store: ConnectorStore, redis_client: redis.Redis) -> None:
    redis_client.script_flush()

    assert store.set_installed("north", ORGANIZATION, "discovery").state == "installed"


def test_a_definition_is_read_and_parsed_once_and_its_revision_looked_at_each_time(
    store: ConnectorStore, redis_url: str
) -> None:
    trips = RoundTrips(redis_url)
    worker = ConnectorStore(trips.client())
    first = worker.definition("north")
    trips.since()

    again = worker.definition("north")

    assert again is first
    assert trips.since() == 1


def test_a_new_revision_counts_at_once_for_a_process_that_kept_the_one_before(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    worker = ConnectorStore(redis_client)
    worker.definition("north")

    store.apply(parse_definition(sample_definition("north", url="https://other.example/powershell")), "anna")

    assert str(worker.definition("north").exchange.url).startswith("https://other.example/")
    assert str(worker.definition("north", 1).exchange.url).startswith("https://other.example/")


def test_a_revision_that_comes_again_on_a_server_that_was_set_back_is_read_anew(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    worker = ConnectorStore(redis_client)
    before = worker.definition("north")
    redis_client.delete(keys.CONNECTORS, keys.revisions("north"))

    store.apply(parse_definition(sample_definition("north", url="https://other.example/powershell")), "anna")

    assert store.get("north").revision == 1
    assert worker.definition("north") != before
