"""What a fallen worker writes into a connector's state: what intake has pinned counts, whatever the state says."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis

from exconn.connector import (
    ConnectorStore,
    OpenActionsError,
    OrganizationTakenError,
    OtherOrganizationError,
    UnreadableStateError,
    parse_definition,
    sample_definition,
)
from exconn.connector.pins import Pins
from exconn.keyspace import keys
from exconn.stream import Number
from tests.support.streams.records import messages_of
from tests.support.streams.written import WRITTEN

OURS = "0e6b1f9c-3f5c-4f0e-9a53-0c6a2b1d7e11"
FRESH = "99999999-3f5c-4f0e-9a53-0c6a2b1d7e11"


@pytest.fixture
def store(redis_client: redis.Redis) -> ConnectorStore:
    store = ConnectorStore(redis_client)
    store.apply(parse_definition(sample_definition("north", longest_pause="8m")), "anna")
    store.apply(parse_definition(sample_definition("north", longest_pause="9m")), "anna")
    store.set_installed("north", OURS, "discovery")
    store.pin("north", "anna")
    return store


def write(client: redis.Redis, **changes: object) -> None:
    """What whoever may write states can do."""
    state = json.loads(client.hget(keys.CONNECTORS, "north") or "")
    client.hset(keys.CONNECTORS, "north", json.dumps(state | changes))


@pytest.mark.parametrize("organization", [FRESH, None])
def test_another_organization_is_not_believed(
    store: ConnectorStore, redis_client: redis.Redis, organization: str | None
) -> None:
    write(redis_client, organization=organization)

    assert store.get("north").organization == OURS
    assert store.states()["north"].organization == OURS


def test_an_earlier_revision_does_not_count_again(store: ConnectorStore, redis_client: redis.Redis) -> None:
    newest = store.definition("north")

    write(redis_client, revision=1)

    assert (store.get("north").revision, store.definition("north")) == (2, newest)


def test_a_state_speaks_of_no_other_connector(store: ConnectorStore, redis_client: redis.Redis) -> None:
    write(redis_client, name="south")

    assert (store.get("north").name, store.states()["north"].name) == ("north", "north")


def test_what_nobody_asked_to_arm_is_not_armed(store: ConnectorStore, redis_client: redis.Redis) -> None:
    write(redis_client, armed=["actions", "policy"])
    assert store.get("north").armed == ()

    store.may_arm("north", "actions", may=True)
    assert store.get("north").armed == ()
    write(redis_client, armed=["actions", "policy"])

    assert store.get("north").armed == ("actions",)


def test_what_was_disarmed_is_not_armed_by_writing_it(store: ConnectorStore, redis_client: redis.Redis) -> None:
    store.may_arm("north", "actions", may=True)
    store.arm("north", "actions", "actions")
    store.may_arm("north", "actions", may=False)

    write(redis_client, armed=["actions"])

    assert store.get("north").armed == ()


def test_a_removed_connector_does_not_come_back_by_writing_it(store: ConnectorStore, redis_client: redis.Redis) -> None:
    store.remove("north", "anna")

    write(redis_client, state="installed", organization=OURS, armed=["actions"])

    assert (store.get("north").state, store.get("north").armed, store.names()) == ("removed", (), [])


def test_what_differs_is_named_part_by_part_until_the_definition_is_applied_again(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    assert store.known()["north"].differs == ()
    write(redis_client, name="south", revision=1, organization=FRESH, armed=["actions"])
    assert store.known()["north"].differs == ("name", "revision", "organization", "armed")

    state = store.apply(parse_definition(sample_definition("north", longest_pause="9m")), "anna")

    assert store.known()["north"].differs == ()
    assert (state.revision, state.organization, state.state) == (2, OURS, "installed")
    assert messages_of(redis_client)[-1].number == Number.CONNECTOR_APPLIED


def test_a_state_that_cannot_be_read_is_a_typed_error_and_stops_no_other_connector(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    store.apply(parse_definition(sample_definition("south")), "anna")
    redis_client.hset(keys.CONNECTORS, "north", "[]")

    with pytest.raises(UnreadableStateError, match="applied again"):
        store.get("north")
    with pytest.raises(UnreadableStateError):
        store.set_last_error("north", "")
    assert list(store.states()) == ["south"]

    state = store.apply(parse_definition(sample_definition("north", longest_pause="9m")), "anna")

    assert (store.get("north"), state.state, state.flagged) == (state, "flagged", 3)
    assert store.set_installed("north", OURS, "discovery").state == "installed"


def test_the_organization_that_was_said_first_is_pinned_once_and_announced(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    write(redis_client, organization=FRESH)
    store.pin("north", "bert")

    told = [message for message in messages_of(redis_client) if message.number == Number.ORGANIZATION_PINNED]

    assert [(message.by, message.data["organization"]) for message in told] == [("anna", OURS)]


def test_a_connector_is_not_installed_for_another_organization_than_before(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    store.remove("north", "anna")
    store.apply(parse_definition(sample_definition("north")), "anna")

    with pytest.raises(OtherOrganizationError, match=f'organization = "{FRESH}"'):
        store.set_installed("north", FRESH, "discovery")

    assert store.set_installed("north", OURS, "discovery").organization == OURS


def test_a_definition_that_names_another_organization_has_the_connector_installed_anew(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    store.may_arm("north", "actions", may=True)
    store.arm("north", "actions", "actions")
    moved = parse_definition(sample_definition("north").replace("[exchange]", f'[exchange]\norganization = "{FRESH}"'))
    redis_client.hset(keys.open_actions("north"), "guid", "wipe-a")
    with pytest.raises(OpenActionsError):
        store.apply(moved, "anna")
    redis_client.hdel(keys.open_actions("north"), "guid")

    state = store.apply(moved, "anna")

    assert (state.state, state.armed, state.organization) == ("flagged", (), None)
    with pytest.raises(OtherOrganizationError):
        store.set_installed("north", OURS, "discovery")
    assert store.set_installed("north", FRESH, "discovery").organization == FRESH


NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fleet", "days", "counted", "believed"),
    [
        (0, 0, 320, 320),
        (320, 0.9, 1_000_000, None),
        (320, 1, 1_000_000, 640),
        (320, 1, 400, 400),
        (320, 30, 1_000_000, 640),
        (320, 30, 100, None),
        (0, 0, 0, None),
    ],
)
def test_of_the_devices_that_are_counted_twice_as_many_as_before_are_believed_each_day(
    fleet: int, days: float, counted: int, believed: int | None
) -> None:
    pins = Pins(fleet=fleet, fleet_since=NOW - timedelta(days=days) if fleet else None)

    grown = pins.grown(counted, NOW)

    expected = {} if believed is None else {"fleet": f"{believed} {int(NOW.timestamp()) * 1000}"}
    assert grown == expected
    assert Pins.read([None, None, None, grown.get("fleet"), None, None]).fleet == (believed or 0)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_connector_is_installed_and_applied_again_whatever_stands_for_it_or_for_another(
    store: ConnectorStore, redis_client: redis.Redis, text: str
) -> None:
    store.apply(parse_definition(sample_definition("south")), "anna")
    redis_client.hset(keys.CONNECTORS, mapping={"north": text, "made-up": text})

    assert store.set_installed("south", FRESH, "discovery").state == "installed"
    assert store.apply(parse_definition(sample_definition("north")), "anna").state == "flagged"
    assert store.set_installed("north", OURS, "discovery").state == "installed"


def test_an_organization_that_a_state_only_says_keeps_no_other_connector_from_it(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    store.apply(parse_definition(sample_definition("south")), "anna")
    write(redis_client, organization=FRESH)
    redis_client.hset(keys.CONNECTORS, "made-up", json.dumps({"state": "installed", "organization": FRESH}))

    assert store.set_installed("south", FRESH, "discovery").state == "installed"


@pytest.mark.parametrize("text", [json.dumps({"state": "removed"}), "?"])
def test_an_organization_that_is_pinned_stays_taken_whatever_the_state_says(
    store: ConnectorStore, redis_client: redis.Redis, text: str
) -> None:
    store.apply(parse_definition(sample_definition("south")), "anna")
    redis_client.hset(keys.CONNECTORS, "north", text)

    with pytest.raises(OrganizationTakenError):
        store.set_installed("south", OURS, "discovery")


def test_a_removal_that_nobody_asked_intake_for_is_not_believed(
    store: ConnectorStore, redis_client: redis.Redis
) -> None:
    write(redis_client, state="removed")

    known = store.known()["north"]

    assert known.state is not None
    assert (known.state.state, known.differs, list(store.states())) == ("flagged", ("state",), [])
    assert store.apply(parse_definition(sample_definition("north")), "anna").state == "flagged"
    assert store.remove("north", "anna").state == "removed"
    assert store.known()["north"].differs == ()


EARLIER = {"name": "north", "revision": 1, "state": "flagged", "applied_at": "2026-01-05T08:00:00Z"}


@pytest.mark.parametrize("text", [None, "?", json.dumps(EARLIER)], ids=["none", "unreadable", "earlier"])
def test_a_definition_is_never_written_over_a_revision_that_there_is(
    store: ConnectorStore, redis_client: redis.Redis, text: str | None
) -> None:
    """A ledger of an earlier version pins nothing, so that only the revisions themselves tell which were used."""
    store.apply(parse_definition(sample_definition("north", longest_pause="10m")), "anna")
    revisions = keys.revisions("north")
    before = {str(name): stored for name, stored in redis_client.hgetall(revisions).items() if str(name).isdecimal()}
    redis_client.delete(revisions)
    for name, stored in before.items():
        redis_client.hset(revisions, name, stored)
    if text is None:
        redis_client.hdel(keys.CONNECTORS, "north")
    else:
        redis_client.hset(keys.CONNECTORS, "north", text)

    state = store.apply(parse_definition(sample_definition("north", longest_pause="11m")), "anna")

    after = redis_client.hgetall(revisions)
    assert (state.revision, after["newest"], sorted(before)) == (4, "4", ["1", "2", "3"])
    assert {name: after[name] for name in before} == before
    assert store.definition("north").model_dump_json() == after["4"]
