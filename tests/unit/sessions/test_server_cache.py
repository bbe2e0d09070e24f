"""The list of Exchange servers that discovery writes and all workers read, whoever wrote it."""

import json

import pytest
import redis

from exconn.exchange import Server
from exconn.keyspace import keys
from exconn.sessions.server_cache import ServerCache
from tests.support.streams.written import DEPTH, WRITTEN

SERVER = Server(name="EX01", fqdn="ex01.contoso.test", site="Berlin", version="15.2", roles=("Mailbox",))
READ = "2026-01-05T08:00:00+00:00"


def test_a_list_is_known_as_it_was_kept(redis_client: redis.Redis) -> None:
    cache = ServerCache(redis_client)
    cache.keep("north", [SERVER])

    known = cache.recall("north")

    assert known is not None
    assert (known.servers, cache.is_fresh(known)) == ((SERVER,), True)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_text_that_is_no_list_is_none(redis_client: redis.Redis, text: str) -> None:
    redis_client.set(keys.topology("north"), text)

    assert ServerCache(redis_client).recall("north") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"servers": 5},
        {"servers": [[]]},
        {"servers": [{"name": 5}]},
        {"read": 5},
        {"read": "2026-01-05T08:00:00"},
        {"v": []},
    ],
    ids=str,
)
def test_a_list_of_another_form_is_none(redis_client: redis.Redis, changed: dict[str, object]) -> None:
    content = {"v": 1, "read": READ, "servers": []}
    redis_client.set(keys.topology("north"), json.dumps(content | changed))

    assert ServerCache(redis_client).recall("north") is None


def test_a_server_of_a_name_without_end_is_none(redis_client: redis.Redis) -> None:
    deep = "[" * DEPTH + "]" * DEPTH
    redis_client.set(keys.topology("north"), f'{{"v": 1, "read": "{READ}", "servers": [{{"name": {deep}}}]}}')

    assert ServerCache(redis_client).recall("north") is None
