"""One word says how surely the ledger keeps what is accepted and begun; who says nothing needs replicas."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis

from exconn.keyspace import ServerUnfitError
from exconn.ledger import Confirm, durability
from exconn.settings import RedisSettings
from exconn.settings.secret import RedisUrl
from tests.support.machine.valkey import RestartableValkey


@pytest.fixture
def client(restartable_valkey: RestartableValkey) -> Iterator[redis.Redis]:
    restartable_valkey.config_set("appendfsync", "always")
    with restartable_valkey.client() as found:
        yield found


def settings(**own: Any) -> RedisSettings:
    url = RedisUrl("redis://h/0")
    return RedisSettings(broker_url=url, ledger_url=url, **own)


def test_a_single_server_is_refused_until_one_word_accepts_it(client: redis.Redis) -> None:
    with pytest.raises(ServerUnfitError, match="EXCONN_LEDGER_DURABILITY=disk accepts a single server"):
        durability(client, settings())

    assert durability(client, settings(ledger_durability="disk")) == Confirm()


def test_as_many_replicas_confirm_as_the_server_demands_unless_a_number_is_given(client: redis.Redis) -> None:
    client.config_set("min-replicas-to-write", "2")

    assert durability(client, settings()).replicas == 2
    assert durability(client, settings(ledger_replicas=1)).replicas == 1
    assert durability(client, settings(ledger_confirm_within=timedelta(seconds=2))).within == timedelta(seconds=2)


@pytest.mark.parametrize("word", ["confirmed", "disk"])
def test_a_disk_that_lags_is_accepted_by_no_other_word_than_volatile(client: redis.Redis, word: str) -> None:
    client.config_set("appendfsync", "everysec")

    with pytest.raises(ServerUnfitError, match="set appendfsync to always"):
        durability(client, settings(ledger_durability=word, ledger_replicas=1))

    assert durability(client, settings(ledger_durability="volatile")) == Confirm()
