"""Seats on a real server: counted over all takers, some kept for device actions, free again by silence."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.keyspace import keys
from exconn.sessions.seats import Orphan, Seat, SeatCount
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    from redis import Redis

SHORT = timedelta(milliseconds=200)
SOON = timedelta(seconds=10)


def take_all(seats: SeatCount, role: str) -> list[Seat]:
    taken = []
    while (seat := seats.take(role)) is not None:  # type: ignore[arg-type]
        taken.append(seat)
    return taken


def test_one_seat_is_kept_for_device_actions(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc")

    assert len(take_all(seats, "discovery")) == 3
    assert seats.take("policy") is None
    assert len(take_all(seats, "actions")) == 1


def test_device_actions_may_take_every_seat(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc")

    assert len(take_all(seats, "actions")) == 4
    assert seats.take("discovery") is None


def test_a_kept_seat_that_an_action_holds_is_not_kept_twice(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc")
    assert seats.take("actions") is not None

    assert len(take_all(seats, "discovery")) == 3


def test_all_processes_count_together_and_accounts_apart(redis_client: "Redis") -> None:
    here, there = (SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0) for _ in range(2))
    other = SeatCount(redis_client, "demo", "other", limit=1, reserved_for_actions=0)

    assert here.take("discovery") is not None
    assert there.take("discovery") is None
    assert other.take("discovery") is not None


def test_a_seat_given_back_is_free(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0)
    seat = seats.take("policy")
    assert seat is not None

    seats.give_back(seat)
    seats.give_back(seat)

    assert seats.take("policy") is not None


def test_the_seat_of_a_dead_process_is_free_after_its_time(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0, ttl=SHORT)
    assert seats.take("actions") is not None

    assert wait_until(lambda: seats.take("actions"), SOON, "a free seat")


def test_a_renewed_seat_stays_taken_and_a_lost_one_says_so(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0, ttl=SHORT)
    first = seats.take("actions")
    assert first is not None
    assert seats.renew(first).held

    second = wait_until(lambda: seats.take("actions"), SOON, "the seat to run out")

    assert second is not None
    assert not seats.renew(first).held
    assert seats.renew(second).held


def test_a_holder_hears_that_somebody_was_turned_away(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0)
    seat = seats.take("discovery")
    assert seat is not None
    assert not seats.renew(seat).wanted

    assert seats.take("policy") is None

    assert seats.renew(seat).wanted


def test_a_forgotten_account_leaves_no_key(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc", ttl=SHORT)
    assert seats.take("actions") is not None

    assert redis_client.pttl(keys.seats("demo", "svc")) > 0


@pytest.mark.parametrize(("limit", "reserved"), [(0, 0), (2, 3), (2, -1)])
def test_impossible_limits_are_refused(redis_client: "Redis", limit: int, reserved: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        SeatCount(redis_client, "demo", "svc", limit=limit, reserved_for_actions=reserved)


def test_the_shell_of_a_dead_process_is_told_to_one_asker_only(redis_client: "Redis") -> None:
    dead, living = (SeatCount(redis_client, "demo", "svc", ttl=ttl) for ttl in (SHORT, timedelta(minutes=1)))
    lost, held = dead.take("discovery"), living.take("discovery")
    assert lost is not None
    assert held is not None
    dead.opened(lost, session_id="SHELL-1", url="https://ex1/PowerShell/")
    living.opened(held, session_id="SHELL-2", url="https://ex1/PowerShell/")
    assert living.orphans() == []

    found = wait_until(living.orphans, SOON, "the seat to run out")

    assert found == [Orphan("SHELL-1", "https://ex1/PowerShell/")]
    assert living.orphans() == []


def test_a_seat_given_back_leaves_no_orphan(redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc")
    seat = seats.take("discovery")
    assert seat is not None
    seats.opened(seat, session_id="SHELL-1", url="https://ex1/PowerShell/")

    seats.give_back(seat)

    assert seats.orphans() == []
    assert redis_client.hlen(keys.open_sessions("demo", "svc")) == 0
