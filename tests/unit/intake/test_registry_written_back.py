"""An intake that ran through a loss of the ledger writes back what it knew once, and its registry counts."""

from datetime import datetime, timedelta

import pytest
import redis

from exconn.keyspace import keys
from exconn.signing import Registry, parse_registry
from exconn.signing.announced import Known
from exconn.signing.registry_trace import RegistryTrace
from exconn.signing.scopes import EarlierScope
from tests.support.requests.receiving import ANNA
from tests.support.requests.registries import later
from tests.support.requests.signed import registry_text

FIRST, WIDER, WIDEST = ["wipe"], ["wipe", "block"], ["wipe", "block", "release"]
EARLIER = "earlier:anna"


class DistantTrace(RegistryTrace):
    """Its ledger is so far away that its clock has moved on with each answer."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._seen: datetime | None = None

    def _known(self) -> Known:
        found = super()._known()
        while found.at == self._seen:
            found = super()._known()
        self._seen = found.at
        return found


def revision(number: int, kinds: list[str]) -> Registry:
    return parse_registry(registry_text({"anna": ANNA}, revision=number, kinds=kinds))


def held_back(client: redis.Redis) -> EarlierScope:
    return EarlierScope.model_validate_json(str(client.hget(keys.REGISTRY, EARLIER)))


@pytest.fixture
def running(redis_client: redis.Redis) -> RegistryTrace:
    """Of an intake that ran through the loss; it knows a requester who was widened before."""
    trace = DistantTrace(redis_client)
    trace.count(revision(1, FIRST), by="intake")
    trace.count(revision(2, WIDER), by="intake")
    return trace


def started(client: redis.Redis, *registries: Registry) -> RegistryTrace:
    """Of an intake that starts on the ledger that came back empty, and comes first."""
    client.flushdb()
    trace = RegistryTrace(client)
    for registry in registries:
        trace.count(registry, by="intake")
    return trace


@pytest.mark.parametrize("ago", [timedelta(), timedelta(days=400)])
def test_a_requester_who_was_widened_before_and_during_the_loss(
    running: RegistryTrace, redis_client: redis.Redis, ago: timedelta
) -> None:
    later(redis_client, ago)
    running.count(revision(2, WIDER), by="intake")
    started(redis_client, revision(3, WIDEST))
    said = redis_client.xlen(keys.STATUS)

    running.count(revision(3, WIDEST), by="intake")

    # One about the registry, one about the change that waits.
    assert redis_client.xlen(keys.STATUS) == said + 2
    assert held_back(redis_client).scope.kinds == set(FIRST if ago == timedelta() else WIDER)


def test_looks_that_follow_write_nothing(running: RegistryTrace, redis_client: redis.Redis) -> None:
    fresh = started(redis_client, revision(3, WIDEST))
    running.count(revision(3, WIDEST), by="intake")
    kept, said = redis_client.hgetall(keys.REGISTRY), redis_client.xlen(keys.STATUS)

    for trace in (running, fresh, RegistryTrace(redis_client), running):
        trace.count(revision(3, WIDEST), by="intake")

    assert (redis_client.hgetall(keys.REGISTRY), redis_client.xlen(keys.STATUS)) == (kept, said)


def test_two_that_ran_through_write_it_back_once(running: RegistryTrace, redis_client: redis.Redis) -> None:
    other = DistantTrace(redis_client)
    other.count(revision(2, WIDER), by="intake")
    started(redis_client, revision(3, WIDEST))
    running.count(revision(3, WIDEST), by="intake")
    kept, said = redis_client.hgetall(keys.REGISTRY), redis_client.xlen(keys.STATUS)

    for trace in (other, running, other):
        trace.count(revision(3, WIDEST), by="intake")

    assert (redis_client.hgetall(keys.REGISTRY), redis_client.xlen(keys.STATUS)) == (kept, said)


def test_the_widening_that_the_ledger_came_back_with_is_announced_by_the_one_that_ran_through(
    running: RegistryTrace, redis_client: redis.Redis
) -> None:
    redis_client.flushdb()

    running.count(revision(3, WIDEST), by="intake")

    assert redis_client.xlen(keys.STATUS) == 2
    assert held_back(redis_client).scope.kinds == set(FIRST)


def test_what_nobody_held_back_before_does_not_count_because_the_empty_ledger_saw_it_first(
    redis_client: redis.Redis,
) -> None:
    running = DistantTrace(redis_client)
    running.count(revision(1, FIRST), by="intake")
    started(redis_client, revision(2, WIDER), revision(3, WIDEST))
    assert held_back(redis_client).scope.kinds == set(WIDER)
    until = held_back(redis_client).until

    running.count(revision(3, WIDEST), by="intake")

    assert held_back(redis_client).scope.kinds == set(FIRST)
    assert held_back(redis_client).until >= until
