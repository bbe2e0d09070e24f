"""Connections wait only so long, repeat nothing, and refuse a server that may forget."""

import socket
from datetime import timedelta

import pytest
import redis

from exconn.keyspace import ServerUnfitError, UnreachableServerError, connect, refuse_unfit
from exconn.keyspace.connect import address_of
from tests.support.machine.valkey import RestartableValkey, free_port


def test_a_durable_server_that_evicts_nothing_is_fit(restartable_valkey: RestartableValkey) -> None:
    restartable_valkey.config_set("appendfsync", "always")
    with restartable_valkey.client() as client:
        refuse_unfit(client)


@pytest.mark.parametrize("synced", ["everysec", "no"])
def test_a_server_whose_disk_has_writes_later_than_it_answers_is_refused_with_the_remedy(
    restartable_valkey: RestartableValkey, synced: str
) -> None:
    restartable_valkey.config_set("appendfsync", synced)
    with restartable_valkey.client() as client:
        with pytest.raises(ServerUnfitError, match="set appendfsync to always"):
            refuse_unfit(client)

        refuse_unfit(client, volatile_allowed=True)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_evicts_is_refused_with_the_remedy(restartable_valkey: RestartableValkey, policy: str) -> None:
    restartable_valkey.config_set("maxmemory-policy", policy)
    client = restartable_valkey.client()

    with pytest.raises(ServerUnfitError, match="set maxmemory-policy to noeviction") as unfit:
        refuse_unfit(client, volatile_allowed=True)

    assert (unfit.value.setting, unfit.value.value) == ("maxmemory-policy", policy)
    client.close()


def test_a_server_without_a_file_is_refused_unless_the_demo_allows_it(restartable_valkey: RestartableValkey) -> None:
    restartable_valkey.config_set("appendonly", "no")
    client = restartable_valkey.client()

    with pytest.raises(ServerUnfitError, match="set appendonly to yes"):
        refuse_unfit(client)

    refuse_unfit(client, volatile_allowed=True)
    client.close()


def test_a_place_where_nobody_listens_is_named_with_the_remedy() -> None:
    client = connect(f"redis://:secret@127.0.0.1:{free_port()}/0")

    with pytest.raises(UnreachableServerError, match="start it or correct the URL") as unreachable:
        refuse_unfit(client)

    assert unreachable.value.address == address_of(client)
    assert "secret" not in str(unreachable.value)


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", answer_within=timedelta(milliseconds=100))

        with pytest.raises(UnreachableServerError):
            refuse_unfit(client)


def test_a_command_is_sent_once_and_no_more() -> None:
    """A repeat in silence would hide from the caller that an answer was lost."""
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(1)
        client = connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", answer_within=timedelta(milliseconds=100))

        with pytest.raises((redis.TimeoutError, redis.ConnectionError)):
            client.incr("calls")

        silent.settimeout(0.2)
        try:
            while True:
                accepted.append(silent.accept()[0])
        except TimeoutError:
            pass
        for connection in accepted:
            connection.close()
    assert len(accepted) == 1


def test_replies_are_text_unless_bytes_are_asked_for(redis_url: str) -> None:
    text, raw = connect(redis_url), connect(redis_url, text=False)
    text.set("key", "value")

    assert (text.get("key"), raw.get("key")) == ("value", b"value")

    text.close()
    raw.close()


def test_a_connection_carries_its_name(redis_url: str) -> None:
    client = connect(redis_url, name="exconn-intake")

    assert client.client_getname() == "exconn-intake"

    client.close()


def test_what_is_no_text_is_read_beside_what_is_and_never_written(redis_url: str) -> None:
    with connect(redis_url, name="test") as client:
        client.hset("exconn:test", mapping={b"a\xffb": b"\xed\xa0\xbd", "c": "\xe4"})

        found = client.hgetall("exconn:test")
        with pytest.raises(UnicodeEncodeError):
            client.hset("exconn:test", "half", "\ud83d")

    assert (list(found), found["c"]) == (["a\ufffdb", "c"], "\xe4")
    assert set(found["a\ufffdb"]) == {"\ufffd"}
