"""The pace of an account on a real Redis, and the watch that keeps it between the commands of a session."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.exchange import Forbidden, NoRole, Throttled, TooManyShells, Unauthorized
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
def pace(redis_client: "Redis") -> Throttle:
    return Throttle(redis_client, "demo", "svc")


def watch(pace: Throttle, redis: "Redis", told: list[str] | None = None) -> AccountWatch:
    sign_ins = SignIns(redis, "demo", "svc")
    news: list[str] = [] if told is None else told
    return AccountWatch(pace, sign_ins, "discovery", tell_refused=lambda: news.append("refused"))


def test_a_used_up_budget_stops_every_worker_of_the_account_for_the_stated_time(
    pace: Throttle, redis_client: "Redis"
) -> None:
    other = Throttle(redis_client, "demo", "svc")

    pace.stop(MINUTE)

    for role in ("discovery", "policy", "actions"):
        assert MINUTE / 2 < other.look().wait(role) <= MINUTE  # type: ignore[arg-type]
    assert Throttle(redis_client, "demo", "another").look().wait("discovery") == NOTHING


def test_a_shorter_statement_does_not_shorten_a_longer_one(pace: Throttle) -> None:
    pace.stop(MINUTE)
    pace.stop(timedelta(seconds=1))

    assert pace.look().stop > MINUTE / 2


def test_the_pace_comes_back_by_itself(pace: Throttle) -> None:
    pace.stop(timedelta(milliseconds=200))

    wait_until(lambda: pace.look().wait("discovery") == NOTHING, SOON, "the end of the stop")


def test_small_delays_add_up_to_a_debt_that_all_work_off(pace: Throttle) -> None:
    pace.slow(timedelta(milliseconds=300))
    assert pace.look().wait("discovery") == NOTHING

    for _ in range(4):
        pace.slow(timedelta(milliseconds=300))

    assert timedelta(milliseconds=500) < pace.look().wait("discovery") <= timedelta(milliseconds=1500)
    assert pace.look().wait("actions") == NOTHING


def test_a_large_debt_stops_device_actions_too(pace: Throttle) -> None:
    pace.slow(timedelta(seconds=30))

    assert pace.look().wait("actions") > timedelta(seconds=20)


def test_nothing_stops_an_account_for_ever(pace: Throttle, redis_client: "Redis") -> None:
    pace.stop(timedelta(days=400))
    for _ in range(50):
        pace.slow(MINUTE)

    assert pace.look().stop <= LONGEST
    assert pace.look().debt <= LONGEST_DEBT
    assert 0 < redis_client.pttl(keys.pace("demo", "svc")) <= LONGEST.total_seconds() * 1000


def test_too_many_shells_stop_opening_and_nothing_else(pace: Throttle, redis_client: "Redis") -> None:
    watch(pace, redis_client).failed(TooManyShells(MINUTE))

    assert pace.look().shells > MINUTE / 2
    assert pace.look().wait("discovery") == NOTHING


def test_a_session_heeds_what_another_worker_was_told(pace: Throttle, redis_client: "Redis") -> None:
    here, there = watch(pace, redis_client), watch(pace, redis_client)
    here.before_reading()

    there.failed(Throttled(MINUTE))

    fresh = watch(pace, redis_client)
    with pytest.raises(Throttled) as caught:
        fresh.before_reading()
    assert MINUTE / 2 < caught.value.retry_after <= MINUTE


def test_a_warning_of_a_micro_delay_is_shared(pace: Throttle, redis_client: "Redis") -> None:
    watch(pace, redis_client).warned(["Micro delay applied. Actual delayed: 4000 msecs, Enforced"])

    assert timedelta(seconds=3) < pace.look().debt <= timedelta(seconds=4)


@pytest.mark.parametrize(
    ("error", "told"),
    [(Unauthorized("ex1"), ["refused"]), (Forbidden("ex1"), []), (NoRole("ex1"), []), (ExchangeError(), [])],
    ids=lambda each: type(each).__name__,
)
def test_a_refused_account_is_told_and_a_forbidding_server_is_not(
    pace: Throttle, redis_client: "Redis", error: ExchangeError, told: list[str]
) -> None:
    news: list[str] = []
    looking = watch(pace, redis_client, news)

    looking.failed(error)
    looking.failed(error)

    assert news == told
