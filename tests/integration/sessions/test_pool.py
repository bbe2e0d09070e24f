"""Warm sessions with seats on a real server: never more shells than seats, and no trace in the logs."""

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.exchange import NoSeat, Session, SessionGone, end_shell
from exconn.sessions.pool import SessionPool
from exconn.sessions.seats import SeatCount
from tests.integration.exchange.conftest import endpoint_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    from redis import Redis


def test_there_are_never_more_shells_than_seats(simulator: RunningSimulator, redis_client: "Redis") -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=2, reserved_for_actions=0)
    endpoint, keeper = endpoint_of(simulator), SessionPool()
    before = simulator.counters()["open_shells"]
    ready, leave = threading.Barrier(6), threading.Event()
    refused: list[NoSeat] = []

    def work() -> None:
        try:
            with keeper.session(endpoint, seats, role="discovery") as session:
                session.organization_settings()
                ready.wait(30)
                leave.wait(30)
        except NoSeat as exc:
            refused.append(exc)
            ready.wait(30)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    shells = simulator.counters()["open_shells"]
    leave.set()
    for thread in threads:
        thread.join(30)
    keeper.close()

    assert shells == before + 2
    assert len(refused) == 3
    wait_until(lambda: simulator.counters()["open_shells"] == before, timedelta(seconds=10), "the shells to be gone")


def test_a_shell_that_the_server_forgot_is_replaced_at_the_next_use(
    simulator: RunningSimulator, redis_client: "Redis"
) -> None:
    seats = SeatCount(redis_client, "demo", "svc", limit=1, reserved_for_actions=0)
    endpoint, keeper = endpoint_of(simulator), SessionPool()
    with keeper.session(endpoint, seats, role="actions") as session:
        first = session.shell_id
    end_shell(endpoint, first)

    with pytest.raises(SessionGone), keeper.session(endpoint, seats, role="actions") as session:
        session.organization_settings()
    with keeper.session(endpoint, seats, role="actions") as session:
        second = session.shell_id
        session.organization_settings()
    keeper.close()

    assert first != second
    assert seats.take("actions") is not None


def test_no_log_line_shows_a_password_or_a_person(
    simulator: RunningSimulator, victim: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with Session.open(endpoint_of(simulator)) as session:
        device = session.device(victim)
        session.statistics_of_mailbox(device.owner_dn)

    assert simulator.password("actions") not in caplog.text
    assert device.device_id not in caplog.text
    assert device.owner_name not in caplog.text
