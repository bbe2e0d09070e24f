"""Pooled sessions with seats on a real server: never more shells than seats."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.contracts.roles import AccountRole
from exconn.exchange import Endpoint, NoSeat, Session, SessionGone, end_session
from exconn.sessions.pool import SessionPool
from exconn.sessions.seats import Orphan, SeatCount
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    from redis import Redis


@dataclass
class Account:
    """An account that nothing but its seats limits."""

    seats: SeatCount
    role: AccountRole
    connector: str = "demo"
    username: str = "svc"

    def sign_in(self, endpoint: Endpoint) -> Session:
        return Session.open(endpoint)

    def end_orphan(self, _orphan: Orphan, /) -> None:
        pytest.fail("nobody died")


def test_there_are_never_more_shells_than_seats(simulator: RunningSimulator, redis_client: "Redis") -> None:
    account = Account(SeatCount(redis_client, "demo", "svc", limit=2, reserved_for_actions=0), "discovery")
    endpoint, pool = endpoint_of(simulator), SessionPool()
    before = simulator.counters()["open_shells"]
    ready, leave = threading.Barrier(6), threading.Event()
    refused: list[NoSeat] = []

    def work() -> None:
        try:
            pooled = pool.check_out(account, endpoint)
        except NoSeat as exc:
            refused.append(exc)
            ready.wait(30)
            return
        pooled.session.organization_settings()
        ready.wait(30)
        leave.wait(30)
        pool.check_in(pooled)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    shells = simulator.counters()["open_shells"]
    leave.set()
    for thread in threads:
        thread.join(30)
    pool.close()

    assert shells == before + 2
    assert len(refused) == 3
    wait_until(lambda: simulator.counters()["open_shells"] == before, timedelta(seconds=10), "the shells to be gone")


def test_a_shell_that_the_server_forgot_is_replaced_at_the_next_use(
    simulator: RunningSimulator, redis_client: "Redis"
) -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0)
    account, endpoint, pool = Account(seats, "actions"), endpoint_of(simulator), SessionPool()
    kept = pool.check_out(account, endpoint)
    first = kept.session.session_id
    pool.check_in(kept)
    end_session(endpoint, first)

    gone = pool.check_out(account, endpoint)
    with pytest.raises(SessionGone):
        gone.session.organization_settings()
    pool.check_in(gone)
    replaced = pool.check_out(account, endpoint)
    second = replaced.session.session_id
    replaced.session.organization_settings()
    pool.check_in(replaced)
    pool.close()

    assert first != second
    assert seats.take("actions") is not None
