"""Confirming and trimming: only where the stream has the very record up to which its records are stored."""

from typing import Any

import pytest
import redis

from exconn.keyspace import keys
from exconn.monitor.projector.commit import Position
from exconn.monitor.projector.continuity import Continuity
from exconn.stream.digest import digest_of

STORED = {"seq": "2", "n": "1"}


def stream_of(client: redis.Redis, second: dict[str, str], *, at: str = "20-0") -> None:
    for record_id, fields in (("10-0", {"seq": "1", "n": "1"}), (at, second), ("30-0", {"seq": "3", "n": "1"})):
        client.xadd(keys.STATUS, dict[Any, Any](fields), id=record_id)


def test_what_is_before_the_stored_record_is_trimmed(redis_client: redis.Redis) -> None:
    stream_of(redis_client, STORED)

    assert Continuity(redis_client).confirm(keys.STATUS, Position("20-0", digest=digest_of(STORED)), 2)

    assert redis_client.xlen(keys.STATUS) == 2
    assert redis_client.get(keys.CONFIRMED) == "20-0"


@pytest.mark.parametrize(("second", "at"), [({"seq": "2", "n": "9"}, "20-0"), (STORED, "21-0")])
def test_nothing_is_trimmed_nor_confirmed_where_that_record_is_another_or_missing(
    redis_client: redis.Redis, second: dict[str, str], at: str
) -> None:
    """The stream may have been replaced since it was compared."""
    stream_of(redis_client, second, at=at)

    assert not Continuity(redis_client).confirm(keys.STATUS, Position("20-0", digest=digest_of(STORED)), 2)

    assert redis_client.xlen(keys.STATUS) == 3
    assert redis_client.get(keys.CONFIRMED) is None
