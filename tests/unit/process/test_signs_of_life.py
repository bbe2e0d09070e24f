"""Signs of life on a ledger server without memory left: whoever lives looks alive."""

from collections.abc import Iterator

import pytest
import redis

from exconn.contracts import Service
from exconn.health.app import problem_at_ledger
from exconn.keyspace import keys, load
from exconn.process.canary import Proof
from exconn.process.heartbeat import Heartbeat, parse_heartbeat
from exconn.process.presence import Presence
from exconn.process.signs_of_life import LIBRARY
from tests.support.machine.valkey import RestartableValkey


@pytest.fixture
def full(restartable_valkey: RestartableValkey) -> Iterator[redis.Redis]:
    """A server that has the functions, and takes no plain write any more."""
    with restartable_valkey.client() as client:
        load(client, LIBRARY)
        client.config_set("maxmemory", "1")
        yield client


def test_a_worker_that_works_is_healthy_on_a_full_server(full: redis.Redis) -> None:
    presence = Presence(full, Service.ACTIONS)

    presence.beat()
    Proof(full, presence.field).give()

    assert problem_at_ledger(full, presence.process.split("/")[0]) == ""


def test_a_later_beat_counts_and_a_process_that_ends_is_forgotten_on_a_full_server(full: redis.Redis) -> None:
    presence = Presence(full, Service.ACTIONS)
    presence.beat()
    full.config_set("maxmemory", "0")
    full.hset(keys.HEARTBEATS, presence.field, "1000")
    full.config_set("maxmemory", "1")

    presence.beat()
    again = full.hget(keys.HEARTBEATS, presence.field)
    presence.leave()

    assert int(str(again)) > 1000
    assert not full.hexists(keys.HEARTBEATS, presence.field)


def test_a_beat_is_by_the_time_of_the_server(full: redis.Redis) -> None:
    presence = Presence(full, Service.COORDINATOR)
    before, _ = full.time()

    presence.beat()

    after, _ = full.time()
    assert before * 1000 <= int(str(full.hget(keys.HEARTBEATS, presence.field))) < (after + 1) * 1000


def test_a_beat_says_which_bounds_are_not_set_and_counts_as_any_other(full: redis.Redis) -> None:
    presence = Presence(full, Service.ACTIONS, unset=("EXCONN_EXCHANGE_HOSTS", "EXCONN_SECRETS_DIR"))

    presence.beat()
    presence.clear_forgotten()
    Proof(full, presence.field).give()

    beat = parse_heartbeat(str(full.hget(keys.HEARTBEATS, presence.field)))
    assert beat is not None
    assert beat.unset == ("EXCONN_EXCHANGE_HOSTS", "EXCONN_SECRETS_DIR")
    assert problem_at_ledger(full, presence.process.split("/")[0]) == ""


@pytest.mark.parametrize(("text", "unset"), [("17", ()), ("17 <b> EXCONN_SECRETS_DIR exconn", ("EXCONN_SECRETS_DIR",))])
def test_a_heartbeat_is_read_with_and_without_what_is_lacking(text: str, unset: tuple[str, ...]) -> None:
    assert parse_heartbeat(text) == Heartbeat(17, unset)


@pytest.mark.parametrize("text", ["", " ", "soon", "-1", "\u0663", "1.5 EXCONN_SECRETS_DIR"])
def test_what_is_no_heartbeat_is_none(text: str) -> None:
    assert parse_heartbeat(text) is None
