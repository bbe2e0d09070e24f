"""A ledger that was restored from a backup has no edit of the registry count at once, neither then nor later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
import redis

from exconn.connector import PendingChanges
from exconn.keyspace import keys
from exconn.signing import Registry, parse_registry
from exconn.signing.errors import SupersededRegistryError
from exconn.signing.registry_trace import RegistryTrace
from tests.support.requests.receiving import ANNA, BERT
from tests.support.requests.registries import later
from tests.support.requests.signed import registry_text

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BERTS_KEY, ALONE = "requesters.bert.keys", "single_administrator"


def revision(number: int, *, bert: bool = False, single: bool = False) -> Registry:
    known = {"anna": ANNA, "bert": BERT} if bert else {"anna": ANNA}
    return parse_registry(registry_text(known, revision=number, single=single))


def count(trace: RegistryTrace, registry: Registry) -> list[str]:
    """What of the registry does not count yet, once it is announced."""
    trace.count(registry, by="intake")
    waiting = trace.waiting(registry)
    return [] if waiting is None else [difference.field for difference in waiting.differences]


@pytest.fixture
def running(redis_client: redis.Redis) -> RegistryTrace:
    """Of an intake that runs since the first registry of the deployment."""
    trace = RegistryTrace(redis_client)
    trace.count(revision(1), by="intake")
    return trace


@pytest.fixture
def started(redis_client: redis.Redis) -> RegistryTrace:
    """Of an intake that starts when the ledger is there again."""
    return RegistryTrace(redis_client)


@pytest.fixture
def restore(redis_client: redis.Redis, running: RegistryTrace) -> Callable[[], None]:
    """Restores what the ledger knew of the registry as the test began; coordinators have seen it."""
    backup = cast("dict[Any, Any]", redis_client.hgetall(keys.REGISTRY))

    def set_back() -> None:
        redis_client.delete(keys.REGISTRY)
        redis_client.hset(keys.REGISTRY, mapping=backup)
        redis_client.hset(keys.MARKED, "lost", "7-1")

    return set_back


@pytest.mark.usefixtures("running")
def test_the_registry_that_the_ledger_knows_counts_on_and_an_edit_long_after_waits(
    restore: Callable[[], None], started: RegistryTrace
) -> None:
    restore()
    assert count(started, revision(1)) == []

    assert count(started, revision(2, bert=True, single=True)) == [BERTS_KEY, ALONE]


@pytest.mark.usefixtures("running")
def test_an_edit_that_is_there_before_any_intake_starts_waits(
    restore: Callable[[], None], started: RegistryTrace
) -> None:
    restore()

    assert count(started, revision(2, bert=True, single=True)) == [BERTS_KEY, ALONE]


def test_a_registry_that_counted_before_counts_on_where_an_intake_ran_all_the_time(
    restore: Callable[[], None], running: RegistryTrace, redis_client: redis.Redis
) -> None:
    count(running, revision(2, bert=True, single=True))
    later(redis_client, 7 * DAY)
    count(running, revision(2, bert=True, single=True))
    restore()

    assert count(running, revision(2, bert=True, single=True)) == []
    assert PendingChanges(redis_client).of("") == []


def test_an_edit_in_the_moment_of_the_restore_waits_and_what_counted_before_counts_on(
    restore: Callable[[], None], running: RegistryTrace, redis_client: redis.Redis
) -> None:
    count(running, revision(2, bert=True))
    later(redis_client, DAY)
    count(running, revision(2, bert=True))
    restore()

    assert count(running, revision(3, bert=True, single=True)) == [ALONE]


def test_what_waited_before_waits_no_longer_than_it_would_have(
    restore: Callable[[], None], running: RegistryTrace, redis_client: redis.Redis
) -> None:
    count(running, revision(2, bert=True))
    later(redis_client, DAY - HOUR)
    assert count(running, revision(2, bert=True)) == [BERTS_KEY]
    restore()

    assert count(running, revision(2, bert=True)) == [BERTS_KEY]
    later(redis_client, HOUR)
    assert count(running, revision(2, bert=True)) == []


def test_what_no_intake_remembers_waits_as_if_it_were_new(
    restore: Callable[[], None], running: RegistryTrace, started: RegistryTrace, redis_client: redis.Redis
) -> None:
    count(running, revision(2, bert=True))
    later(redis_client, DAY)
    restore()

    assert count(started, revision(2, bert=True)) == [BERTS_KEY]


def test_an_earlier_registry_is_not_put_back_beside_an_earlier_ledger(
    restore: Callable[[], None], running: RegistryTrace
) -> None:
    count(running, revision(2))
    restore()

    with pytest.raises(SupersededRegistryError, match="revision = 3"):
        running.count(revision(1), by="intake")


def test_an_emptied_ledger_makes_nothing_of_an_edit_for_an_intake_that_ran(
    running: RegistryTrace, redis_client: redis.Redis
) -> None:
    redis_client.flushdb()

    assert count(running, revision(2, bert=True)) == [BERTS_KEY]


def test_whoever_has_coordinators_believe_in_a_loss_has_no_edit_count_at_once(
    running: RegistryTrace, redis_client: redis.Redis
) -> None:
    redis_client.hset(keys.MARKED, "lost", "7-1")

    assert count(running, revision(2, single=True)) == [ALONE]


def test_what_an_intake_that_ran_through_a_loss_knew_is_written_back_over_one_that_had_just_started(
    running: RegistryTrace, started: RegistryTrace, redis_client: redis.Redis
) -> None:
    assert count(running, revision(2, bert=True, single=True)) == [BERTS_KEY, ALONE]
    redis_client.flushdb()
    assert count(started, revision(2, bert=True, single=True)) == []

    assert count(running, revision(2, bert=True, single=True)) == [BERTS_KEY, ALONE]
    assert count(started, revision(2, bert=True, single=True)) == [BERTS_KEY, ALONE]


def test_nor_does_an_edit_count_at_once_that_only_the_one_that_had_just_started_has_announced(
    running: RegistryTrace, started: RegistryTrace, redis_client: redis.Redis
) -> None:
    redis_client.flushdb()
    count(started, revision(2, bert=True, single=True))

    assert count(running, revision(2, bert=True, single=True)) == [BERTS_KEY, ALONE]


def test_what_was_written_back_stays_whoever_of_them_looks_and_waits_no_longer(
    running: RegistryTrace, started: RegistryTrace, redis_client: redis.Redis
) -> None:
    count(running, revision(2, bert=True))
    since = redis_client.hget(keys.REGISTRY, f"key:bert:{BERT.id}")
    redis_client.flushdb()
    for trace in (started, running, started, running):
        count(trace, revision(2, bert=True))
    kept = redis_client.hgetall(keys.REGISTRY)

    for trace in (started, running, RegistryTrace(redis_client)):
        count(trace, revision(2, bert=True))

    assert redis_client.hgetall(keys.REGISTRY) == kept
    assert redis_client.hget(keys.REGISTRY, f"key:bert:{BERT.id}") == since
    later(redis_client, DAY)
    assert [count(trace, revision(2, bert=True)) for trace in (started, running)] == [[], []]


def test_two_that_ran_through_a_loss_write_nothing_twice(
    running: RegistryTrace, started: RegistryTrace, redis_client: redis.Redis
) -> None:
    for trace in (running, started):
        count(trace, revision(2, bert=True))
    redis_client.flushdb()
    count(running, revision(2, bert=True))
    kept = redis_client.hgetall(keys.REGISTRY)

    assert count(started, revision(2, bert=True)) == [BERTS_KEY]
    assert redis_client.hgetall(keys.REGISTRY) == kept


def test_what_waits_after_a_loss_is_released_as_before(
    running: RegistryTrace, started: RegistryTrace, redis_client: redis.Redis
) -> None:
    edited = revision(2, bert=True)
    count(running, edited)
    redis_client.flushdb()
    count(started, edited)
    count(running, edited)
    (change,), waiting = PendingChanges(redis_client).of(""), running.waiting(edited)
    assert waiting is not None

    assert started.count_now(change, waiting, by="anna")

    assert [count(trace, edited) for trace in (started, running)] == [[], []]
