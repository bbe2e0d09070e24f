"""Sessions are kept open between jobs, and let go when they broke, grew old, or others wait for their seat."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from exconn.exchange import (
    Ambiguous,
    ExchangeError,
    NoSeat,
    ObjectNotFound,
    SessionGone,
    SessionMisuse,
)
from tests.support.machine.processes import wait_until
from tests.unit.sessions.pool_bench import ENDPOINT, LOOK, SOON, Bench, FakeAccount


def test_the_same_session_serves_again_and_keeps_its_seat(bench: Bench) -> None:
    assert bench.use() == bench.use()

    assert len(bench.seats.held) == 1
    assert not bench.transports[0].closed


@pytest.mark.parametrize(
    "failure",
    [SessionGone("gone"), Ambiguous("Clear-MobileDevice", "ex1", "S", "x"), ValueError("a soft time limit, say")],
    ids=lambda e: type(e).__name__,
)
def test_a_session_that_broke_is_ended_with_its_seat(bench: Bench, failure: Exception) -> None:
    with pytest.raises(type(failure)):
        bench.use(failure)

    assert bench.transports[0].closed
    assert bench.seats.held == []
    assert bench.use() == "SHELL-1"


def test_a_clear_answer_does_not_cost_the_session(bench: Bench) -> None:
    with pytest.raises(ObjectNotFound):
        bench.use(ObjectNotFound("Get-MobileDevice", "an object", "dc1"))

    assert bench.use() == "SHELL-0"


def test_an_error_of_the_borrower_does_not_cost_the_session(bench: Bench) -> None:
    with pytest.raises(KeyError), bench.lent():
        raise KeyError

    assert bench.use() == "SHELL-0"


def test_an_old_session_is_replaced(bench: Bench) -> None:
    bench.use()
    for _ in range(31):
        bench.now += 59
        bench.use()

    assert bench.transports[0].closed
    assert not bench.transports[-1].closed
    assert len(bench.seats.held) == 1


def test_a_session_that_was_silent_long_is_asked_before_it_is_used(bench: Bench) -> None:
    bench.use()
    bench.now += 61

    assert bench.use() == "SHELL-0"
    assert "Get-Command" in bench.transports[0].ran

    bench.now += 61
    bench.transports[0].failure = SessionGone("gone")
    with bench.lent() as pooled:
        assert pooled.session.session_id == "SHELL-1"


class WatchWithoutRedis:
    """What workers share is out of reach."""

    def before_reading(self) -> None:
        raise RedisConnectionError("connection refused")

    def warned(self, _warnings: Iterable[str]) -> None:
        return

    def failed(self, _error: ExchangeError) -> None:
        return


def test_a_session_that_cannot_be_asked_while_redis_is_away_serves_when_it_is_back(bench: Bench) -> None:
    with bench.lent() as pooled:
        pooled.session.watch = WatchWithoutRedis()
    bench.now += 61
    with pytest.raises(RedisConnectionError):
        bench.use()
    pooled.session.watch = None

    assert bench.use()
    assert len(bench.seats.held) == 1


@pytest.mark.slow
def test_an_idle_session_is_ended_in_the_background(bench: Bench) -> None:
    bench.use()
    bench.now += 5 * 60 + 1

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the idle session")


@pytest.mark.slow
def test_a_seat_that_others_want_is_given_back_soon(bench: Bench) -> None:
    bench.use()
    bench.seats.wanted = True
    bench.now += 3

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the seat to be free")


def test_a_session_in_use_is_not_taken_away(bench: Bench) -> None:
    bench.use()
    with bench.lent() as pooled:
        bench.seats.wanted = True
        bench.now += 6 * 60
        bench.pool.close()
        pooled.session.run(LOOK)

    assert not bench.transports[0].closed


@pytest.mark.slow
def test_a_session_whose_seat_was_lost_is_not_used_again(bench: Bench) -> None:
    with bench.lent() as pooled:
        bench.seats.lost = True
        bench.now += 30
        wait_until(lambda: pooled.seat_lost, SOON, "the loss to be noticed")

    assert bench.transports[0].closed


def test_without_a_seat_nothing_is_opened(bench: Bench) -> None:
    bench.seats.free = 0

    with pytest.raises(NoSeat) as caught:
        bench.use()

    assert (caught.value.account, caught.value.role) == ("svc", "actions")
    assert bench.transports == []


def test_a_failed_opening_gives_the_seat_back(bench: Bench) -> None:
    bench.account.refuses = SessionGone("at once")

    with pytest.raises(SessionGone):
        bench.use()
    assert bench.seats.held == []


def test_one_thread_does_not_borrow_twice(bench: Bench) -> None:
    with (
        bench.lent(),
        pytest.raises(SessionMisuse),
        bench.lent(),
    ):
        pytest.fail("unreachable")


def test_closing_the_pool_ends_what_is_idle(bench: Bench) -> None:
    bench.use()

    bench.pool.close()

    assert bench.transports[0].closed
    assert bench.seats.held == []


ELSEWHERE = ENDPOINT.model_copy(update={"url": "https://ex2/PowerShell/"})


def test_a_session_moves_to_another_server_on_its_seat(bench: Bench) -> None:
    bench.use()

    with bench.lent(endpoint=ELSEWHERE) as pooled:
        assert pooled.session.session_id == "SHELL-1"

    assert bench.transports[0].closed
    assert len(bench.seats.held) == 1
    assert bench.pool.url_of(bench.account) == ELSEWHERE.url
    assert list(bench.seats.sessions.values()) == [f"SHELL-1 {ELSEWHERE.url}"]


def test_a_session_that_can_not_move_stays_where_it_is(bench: Bench) -> None:
    bench.use()
    bench.account.refuses = SessionGone("at once")

    with pytest.raises(SessionGone):
        bench.pool.check_out(bench.account, ELSEWHERE)

    assert bench.use() == "SHELL-0"
    assert len(bench.seats.held) == 1


def test_sessions_of_two_connectors_do_not_meet(bench: Bench) -> None:
    """Two organizations may know an account of the same name."""
    north, south = FakeAccount("north"), FakeAccount("south")
    with bench.lent(north) as pooled:
        first = pooled.session
    with bench.lent(south) as pooled:
        assert pooled.session is not first


@pytest.mark.slow
def test_a_session_is_let_go_well_before_the_server_would_end_it(bench: Bench) -> None:
    bench.use()
    bench.transports[0].idle_limit = timedelta(seconds=100)
    bench.now += 51

    wait_until(lambda: bench.transports[0].closed and not bench.seats.held, SOON, "the end of the idle session")


def test_a_session_that_the_server_may_have_ended_is_replaced_without_being_asked(bench: Bench) -> None:
    with bench.lent() as pooled:
        bench.transports[0].idle_limit = timedelta(seconds=10)
        bench.pool._upkeep.stop()
    pooled.used -= 6

    assert bench.use() == "SHELL-1"
    assert bench.transports[0].ran == []
