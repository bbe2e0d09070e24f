"""How an account is throttled, on a real Redis, and the watch that heeds it between the commands of a session."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.contracts.roles import ACCOUNT_ROLES
from exconn.exchange import Forbidden, NoRole, OpeningBudgetExceeded, Throttled, TooManySessions, Unauthorized
from exconn.exchange.errors import ExchangeError
from exconn.keyspace import keys
from exconn.sessions.account_watch import AccountWatch
from exconn.sessions.sign_in import SignIns
from exconn.sessions.throttle import LONGEST, LONGEST_DEBT, Throttle
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    from redis import Redis

NOTHING = timedelta(0)
SOON = timedelta(seconds=10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def throttle(redis_client: "Redis") -> Throttle:
    return Throttle(redis_client, "demo", "svc")


def watch(throttle: Throttle, redis: "Redis") -> AccountWatch:
    return AccountWatch("discovery", throttle, SignIns(redis, "demo", "svc"))


def test_a_used_up_budget_stops_every_worker_of_the_account_for_the_stated_time(
    throttle: Throttle, redis_client: "Redis"
) -> None:
    other = Throttle(redis_client, "demo", "svc")

    throttle.stop(MINUTE)

    for role in ACCOUNT_ROLES:
        assert MINUTE / 2 < other.look().wait(role) <= MINUTE
    assert Throttle(redis_client, "demo", "another").look().wait("discovery") == NOTHING


def test_a_shorter_statement_does_not_shorten_a_longer_one(throttle: Throttle) -> None:
    throttle.stop(MINUTE)
    throttle.stop(timedelta(seconds=1))

    assert throttle.look().stop > MINUTE / 2


def test_the_end_of_a_throttle_comes_by_itself(throttle: Throttle) -> None:
    throttle.stop(timedelta(milliseconds=200))

    wait_until(lambda: throttle.look().wait("discovery") == NOTHING, SOON, "the end of the stop")


def test_small_delays_add_up_to_a_debt_that_all_work_off(throttle: Throttle) -> None:
    throttle.slow(timedelta(milliseconds=300))
    assert throttle.look().wait("discovery") == NOTHING

    for _ in range(4):
        throttle.slow(timedelta(milliseconds=300))

    assert timedelta(milliseconds=500) < throttle.look().wait("discovery") <= timedelta(milliseconds=1500)
    assert throttle.look().wait("actions") == NOTHING


def test_a_large_debt_stops_device_actions_too(throttle: Throttle) -> None:
    throttle.slow(timedelta(seconds=30))

    assert throttle.look().wait("actions") > timedelta(seconds=20)


def test_nothing_stops_an_account_for_ever(throttle: Throttle, redis_client: "Redis") -> None:
    throttle.stop(timedelta(days=400))
    for _ in range(50):
        throttle.slow(MINUTE)

    assert throttle.look().stop <= LONGEST
    assert throttle.look().debt <= LONGEST_DEBT
    assert 0 < redis_client.pttl(keys.throttle("demo", "svc")) <= LONGEST.total_seconds() * 1000


@pytest.mark.parametrize(
    "error", [TooManySessions(MINUTE), OpeningBudgetExceeded(MINUTE)], ids=lambda e: type(e).__name__
)
def test_what_speaks_of_opening_stops_opening_and_nothing_else(
    throttle: Throttle, redis_client: "Redis", error: Throttled
) -> None:
    watch(throttle, redis_client).failed(error)

    assert throttle.look().sessions > MINUTE / 2
    assert throttle.look().wait("discovery") == NOTHING


def test_a_session_heeds_what_another_worker_was_told(throttle: Throttle, redis_client: "Redis") -> None:
    here, there = watch(throttle, redis_client), watch(throttle, redis_client)
    here.before_reading()

    there.failed(Throttled(MINUTE))

    fresh = watch(throttle, redis_client)
    with pytest.raises(Throttled) as caught:
        fresh.before_reading()
    assert MINUTE / 2 < caught.value.retry_after <= MINUTE


def test_a_warning_of_a_micro_delay_is_shared(throttle: Throttle, redis_client: "Redis") -> None:
    watch(throttle, redis_client).warned(["Micro delay applied. Actual delayed: 4000 msecs, Enforced"])

    assert timedelta(seconds=3) < throttle.look().debt <= timedelta(seconds=4)


@pytest.mark.parametrize(
    ("error", "count"),
    [(Unauthorized("ex1"), 2), (Forbidden("ex1"), 0), (NoRole("ex1"), 0), (ExchangeError(), 0)],
    ids=lambda each: type(each).__name__,
)
def test_a_password_that_is_refused_in_a_session_counts_as_a_try_and_what_is_forbidden_does_not(
    throttle: Throttle, redis_client: "Redis", error: ExchangeError, count: int
) -> None:
    looking = watch(throttle, redis_client)

    looking.failed(error)
    looking.failed(error)

    assert SignIns(redis_client, "demo", "svc").begin().refused == count
