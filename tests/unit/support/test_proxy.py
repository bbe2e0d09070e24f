"""The proxy loses exactly the answer it was told to lose."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis

from exconn.keyspace import connect
from tests.support.machine.valkey import RestartableValkey
from tests.support.network.proxy import Loss, Proxy

pytestmark = pytest.mark.slow


@pytest.fixture
def proxy(valkey_server: RestartableValkey, redis_client: redis.Redis) -> Iterator[Proxy]:
    with Proxy(valkey_server.port) as between:
        yield between


@pytest.fixture
def through(proxy: Proxy) -> Iterator[redis.Redis]:
    client = connect(proxy.url, answer_within=timedelta(seconds=2))
    client.ping()
    yield client
    client.close()


@pytest.mark.parametrize("how", Loss)
def test_a_call_whose_answer_is_lost_has_happened(
    proxy: Proxy, through: redis.Redis, redis_client: redis.Redis, how: Loss
) -> None:
    proxy.lose_next_answer(how)

    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        through.incr("calls")

    assert redis_client.get("calls") == "1"
    assert proxy.lost == 1


@pytest.mark.parametrize("how", Loss)
def test_the_next_call_is_answered_again(proxy: Proxy, through: redis.Redis, how: Loss) -> None:
    proxy.lose_next_answer(how)
    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        through.ping()

    assert through.incr("calls") == 1


def test_while_it_refuses_nothing_arrives(proxy: Proxy, through: redis.Redis, redis_client: redis.Redis) -> None:
    proxy.refuse()
    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        through.incr("calls")

    proxy.refuse(refusing=False)

    assert through.incr("calls") == 1
