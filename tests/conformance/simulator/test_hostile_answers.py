"""Hostile and failing servers on order, and what our client makes of them: a wipe is in doubt, never lost."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from exconn.exchange import (
    Ambiguous,
    EndpointRefused,
    ExchangeError,
    Malformed,
    RefusedByExchange,
    Session,
    SessionGone,
    Unauthorized,
    Unreachable,
)
from exconn.simulator.faults.hostile import KINDS
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.simulator import RunningSimulator
from tests.support.machine.processes import wait_until

CLEAR, READ = "Clear-MobileDevice", "Get-MobileDevice"
TIMEOUT = timedelta(seconds=2)


@pytest.fixture
def session(simulator: RunningSimulator) -> Iterator[Session]:
    with Session.open(endpoint_of(simulator, operation_timeout=TIMEOUT)) as opened:
        assert opened.dialect == "MobileDevice"
        yield opened


@pytest.fixture
def guid(simulator: RunningSimulator) -> str:
    return str(next(d["guid"] for d in simulator.devices() if d["online"]))


def cleared(simulator: RunningSimulator, guid: str) -> int:
    return len([e for e in simulator.oracle("Clear-*", guid=guid) if e["outcome"] == "ok"])


#: One that drips takes the client's whole time-out; once is enough.
AT_ONCE = [kind for kind in KINDS if kind != "drip"]


@pytest.mark.parametrize("kind", AT_ONCE)
def test_hostile_answer_to_a_read_is_a_typed_error_in_bounded_time(
    simulator: RunningSimulator, session: Session, guid: str, kind: str
) -> None:
    simulator.fault(kind, READ, seconds=60)
    begin = time.monotonic()
    with pytest.raises(ExchangeError) as caught:
        session.device(guid)
    assert time.monotonic() - begin < 40
    assert not isinstance(caught.value, Ambiguous) or not caught.value.changes_exchange
    assert not session.usable


@pytest.mark.parametrize("kind", KINDS)
def test_wipe_with_a_hostile_answer_is_in_doubt_and_was_executed_once(
    simulator: RunningSimulator, session: Session, guid: str, kind: str
) -> None:
    simulator.fault(kind, CLEAR, seconds=60)
    with pytest.raises(Ambiguous) as caught:
        session.clear_device(guid)
    assert caught.value.changes_exchange
    assert cleared(simulator, guid) == 1


def test_error_beside_success_is_an_error_and_reading_back_shows_the_success(
    simulator: RunningSimulator, session: Session, guid: str
) -> None:
    simulator.fault("error_and_success", CLEAR)
    with pytest.raises((RefusedByExchange, Ambiguous)):
        session.clear_device(guid)
    with Session.open(endpoint_of(simulator)) as again:
        assert again.statistics_of_device(guid).wipe.requested is not None


def test_success_that_was_none_is_seen_by_reading_back(
    simulator: RunningSimulator, session: Session, guid: str
) -> None:
    simulator.fault("says_ok", CLEAR)
    session.clear_device(guid)
    assert session.statistics_of_device(guid).wipe.requested is None
    assert cleared(simulator, guid) == 0


def test_shell_that_dies_in_a_pipeline_leaves_a_wipe_in_doubt(
    simulator: RunningSimulator, session: Session, guid: str
) -> None:
    simulator.fault("shell_dies", CLEAR)
    with pytest.raises(Ambiguous):
        session.clear_device(guid)
    assert cleared(simulator, guid) == 1


def test_shell_that_dies_while_it_lists_ends_the_session(
    simulator: RunningSimulator, session: Session, guid: str
) -> None:
    simulator.fault("shell_dies", READ)
    with pytest.raises((SessionGone, Ambiguous)):
        session.device(guid)
    assert not session.usable


def test_password_that_was_rotated_ends_the_session_and_no_other_is_opened(
    simulator: RunningSimulator, session: Session, guid: str
) -> None:
    old = endpoint_of(simulator, operation_timeout=TIMEOUT)
    password = simulator.password("actions")
    simulator.control("POST", "/accounts/actions/password", {})
    try:
        with pytest.raises(Unauthorized):
            session.device(guid)
        with pytest.raises(Unauthorized):
            Session.open(old)
    finally:
        simulator.control("POST", "/accounts/actions/password", {"password": password})
    with Session.open(old) as again:
        assert again.device(guid).guid == guid


def test_busy_server_is_out_of_reach_for_now(simulator: RunningSimulator) -> None:
    simulator.fault("busy", times=-1)
    with pytest.raises((Unreachable, EndpointRefused, Malformed)):
        Session.open(endpoint_of(simulator, operation_timeout=TIMEOUT))


def test_server_that_flaps_is_reached_when_it_is_up(simulator: RunningSimulator, guid: str) -> None:
    fault = simulator.fault("flapping", times=-1, seconds=1.5)
    with pytest.raises(Unreachable):
        Session.open(endpoint_of(simulator, operation_timeout=TIMEOUT))

    def reached() -> bool:
        try:
            with Session.open(endpoint_of(simulator, operation_timeout=TIMEOUT)) as session:
                return session.device(guid).guid == guid
        except (Unreachable, Ambiguous):
            return False

    wait_until(reached, timedelta(seconds=30), "the server to be up")
    simulator.control("DELETE", f"/faults/{fault}")
