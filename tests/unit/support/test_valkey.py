"""The servers that tests lean on keep what they promise."""

from pathlib import Path

import pytest
import redis

from tests.support.machine.valkey import RestartableValkey


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_starts_on_an_empty_server(redis_client: redis.Redis, round_: int) -> None:
    assert redis_client.dbsize() == 0
    redis_client.set(f"left-behind-{round_}", "x")


def test_clients_speak_text_unless_bytes_are_asked_for(redis_client: redis.Redis, redis_bytes: redis.Redis) -> None:
    redis_client.set("key", "value")

    assert redis_client.get("key") == "value"
    assert redis_bytes.get("key") == b"value"


def test_the_shared_server_is_durable_and_never_evicts(redis_client: redis.Redis) -> None:
    assert redis_client.config_get("appendonly") == {"appendonly": "yes"}
    assert redis_client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_data_survives_a_kill_and_a_restart_on_the_same_port_and_settings_do_not(
    restartable_valkey: RestartableValkey,
) -> None:
    restartable_valkey.config_set("maxmemory", "1gb")
    port = restartable_valkey.port
    with restartable_valkey.client() as client:
        client.set("accepted", "yes")

        restartable_valkey.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("accepted")
        restartable_valkey.start()

        assert restartable_valkey.port == port
        assert client.get("accepted") == "yes"
        assert client.config_get("appendfsync") == {"appendfsync": "always"}
        assert client.config_get("maxmemory") == {"maxmemory": "0"}


def test_a_server_that_is_down_says_so(tmp_path: Path) -> None:
    server = RestartableValkey(tmp_path)

    with pytest.raises(RuntimeError, match="never started"):
        _ = server.url
    with pytest.raises(RuntimeError, match="not running"):
        server.kill()
