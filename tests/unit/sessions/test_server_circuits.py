"""The circuits of servers on a real Redis: shared by all workers, and one of them tries again for all."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.keyspace import keys
from exconn.sessions.server_circuits import ServerCircuits
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    from redis import Redis

SOON = timedelta(seconds=10)
SHORT = timedelta(milliseconds=200)
LONG = timedelta(minutes=1)


def circuits(redis: "Redis", *, first: timedelta = LONG, longest: timedelta = LONG) -> ServerCircuits:
    return ServerCircuits(redis, "demo", first_pause=first, longest_pause=longest)


def fail(asked: ServerCircuits, server: str = "ex1", why: str = "connecting timed out") -> int:
    state = wait_until(lambda: (found := asked.admit(server)).admitted and found, SOON, "admission")
    return asked.failed(server, why, state)


def test_a_server_that_never_failed_is_asked_by_everybody(redis_client: "Redis") -> None:
    asked = circuits(redis_client)

    assert all(asked.admit("ex1").admitted for _ in range(3))


def test_a_server_that_failed_is_left_alone_by_all_workers_who_hear_why(redis_client: "Redis") -> None:
    here, there = circuits(redis_client), circuits(redis_client)

    fail(here)
    state = there.admit("ex1")

    assert not state.admitted
    assert LONG / 2 < state.wait <= LONG
    assert state.detail == "connecting timed out"
    assert there.admit("ex2").admitted


def test_after_the_pause_one_worker_tries_for_all(redis_client: "Redis") -> None:
    asked = circuits(redis_client, first=SHORT)
    fail(asked)

    first = wait_until(lambda: (found := asked.admit("ex1")).admitted and found, SOON, "a try")

    assert first is not None
    assert first.failures == 1
    assert not asked.admit("ex1").admitted


def test_a_server_that_answered_is_asked_by_everybody_again(redis_client: "Redis") -> None:
    asked = circuits(redis_client)
    fail(asked)

    asked.answered("ex1")

    assert all(asked.admit("ex1").admitted for _ in range(3))


def test_the_pause_doubles_up_to_its_limit(redis_client: "Redis") -> None:
    asked = circuits(redis_client, first=LONG, longest=10 * LONG)

    waits = []
    for failures in (0, 1, 2, 3, 4, 59):
        redis_client.hset(keys.server_circuits("demo"), "ex1", f"{failures} 0 why")
        fail(asked)
        waits.append(round(asked.admit("ex1").wait / LONG))

    assert waits == [1, 2, 4, 8, 10, 10]


def test_failures_in_a_row_are_counted(redis_client: "Redis") -> None:
    asked = circuits(redis_client, first=timedelta(milliseconds=1))

    assert [fail(asked) for _ in range(5)] == [1, 2, 3, 4, 5]


def test_workers_that_failed_at_the_same_time_count_as_one_failure(redis_client: "Redis") -> None:
    asked = circuits(redis_client)
    together = [asked.admit("ex1") for _ in range(4)]

    counts = [asked.failed("ex1", "refused", state) for state in together]

    assert counts == [1, 0, 0, 0]


def test_what_is_kept_is_bounded_and_forgotten(redis_client: "Redis") -> None:
    asked = circuits(redis_client)

    fail(asked, why="x" * 5000 + "\n")

    assert len(asked.admit("ex1").detail) <= 120
    assert 0 < redis_client.pttl(keys.server_circuits("demo")) <= 2 * LONG.total_seconds() * 1000


@pytest.mark.parametrize("why", ["", "with spaces 1 2 3", "naïve, 100 %"])
def test_the_reason_comes_back_as_it_was_given(redis_client: "Redis", why: str) -> None:
    asked = circuits(redis_client)

    fail(asked, why=why)

    assert asked.admit("ex1").detail == why
